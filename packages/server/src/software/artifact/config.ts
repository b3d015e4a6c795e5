import { maxVersion } from '@mason/contract/artifact'
import T, { type Static } from 'typebox'
import { AppError, type Fault } from '../../core/errors.ts'
import { refuseBadText } from '../../core/http/body.ts'
import { bodyReader } from '../../core/http/validation.ts'
import { readYamlApart } from './yaml/read-apart.ts'

const orNull = <const S extends T.TSchema>(schema: S) => T.Optional(T.Union([schema, T.Null()]))
const name = T.String({ minLength: 1, maxLength: 200 })
const versionFrom = (minimum: number) =>
  T.Union([T.Integer({ minimum, maximum: maxVersion }), T.String({ pattern: '^(latest|0|[1-9][0-9]{0,9})$' })])
const media = orNull(T.Object({ name, version: versionFrom(0) }))

/** What of a config is fixed; members beside these are the device's own affair and are kept. */
const Config = T.Object({
  os: T.Object({
    name,
    version: versionFrom(1),
    configurations: orNull(T.Record(T.String(), T.Union([T.Record(T.String(), T.Unknown()), T.Null()]))),
  }),
  apps: orNull(
    T.Array(T.Union([T.Object({ name: orNull(name), package_name: name, version_code: versionFrom(1) }), T.Null()]), {
      maxItems: 1000,
    }),
  ),
  media: orNull(T.Object({ bootanimation: media, splash: media })),
})
export type Config = Static<typeof Config>

const readConfig = bodyReader(Config)
/** More is no config, and is refused as it arrives. */
export const maxConfigBytes = 256 * 2 ** 10

/** @throws Error that tells every fault. */
export async function parseConfig(bytes: Buffer): Promise<Config> {
  const config = readConfig(await readYamlApart(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  refuseBadText(config, '')
  const faults = [...normalizeTimes(config), ...doubles(config)]
  if (faults.length > 0)
    throw new AppError('invalid_request_error', faults.map(({ path, message }) => `${path} ${message}`).join('; '), {
      faults,
    })
  return config
}

/** YAML 1.1 reads 12:30 as 750 (base 60) and, quoted, as text: both are the same time of day. */
function* normalizeTimes({ os }: Config): Generator<Fault> {
  for (const [path, settings] of components(os))
    for (const [key, value] of Object.entries(settings)) {
      if (!key.endsWith('_install_time') || value === null) continue
      const time = timeOfDay(value)
      if (time === undefined) yield { path: `${path}/${key}`, message: 'must be a time of day, HH:MM or in minutes' }
      else settings[key] = time
    }
}

/** Components have their settings under `configurations`, or stand directly under `os`. */
function* components(os: Config['os']): Generator<[path: string, settings: Record<string, unknown>]> {
  const { name: _name, version: _version, configurations, ...direct } = os
  for (const [parent, group] of [
    ['/os', direct],
    ['/os/configurations', configurations ?? {}],
  ] as const)
    for (const [component, settings] of Object.entries<unknown>(group))
      if (typeof settings === 'object' && settings !== null && !Array.isArray(settings))
        yield [`${parent}/${component}`, settings as Record<string, unknown>]
}

function timeOfDay(value: unknown): string | undefined {
  const match = typeof value === 'string' ? /^(\d\d?):([0-5]\d)$/.exec(value) : undefined
  const minutes = match ? Number(match[1]) * 60 + Number(match[2]) : value
  if (typeof minutes !== 'number' || !Number.isInteger(minutes) || minutes < 0 || minutes >= 1440) return undefined
  const two = (number: number) => String(number).padStart(2, '0')
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function* doubles({ apps }: Config): Generator<Fault> {
  const seen = new Set<string>()
  for (const [index, app] of (apps ?? []).entries()) {
    if (app === null) continue
    if (seen.has(app.package_name)) yield { path: `/apps/${index}/package_name`, message: 'appears twice' }
    seen.add(app.package_name)
  }
}
