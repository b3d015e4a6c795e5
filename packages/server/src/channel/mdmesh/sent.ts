import type { Checkin } from '@mason/contract/checkin'
import { readImei } from '@mason/contract/identifiers'

type Members = Record<string, unknown>

export const membersOf = (value: unknown): Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Members) : {}

/** A text that can be kept; undefined for anything else. */
export const text = (value: unknown, most = 200): string | undefined => {
  if (typeof value !== 'string') return undefined
  const read = value.toWellFormed().replaceAll('\0', '').trim().slice(0, most)
  return read === '' ? undefined : read
}

const number = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined

/** A time as milliseconds since 1970, or as RFC 3339. */
const time = (value: unknown): Date | undefined => {
  const ms = typeof value === 'string' ? Date.parse(value) : (number(value) ?? Number.NaN)
  return Number.isNaN(ms) || Math.abs(ms) > 8e15 ? undefined : new Date(ms)
}

/** What became of a command. */
export interface Result {
  commandId: string
  status: string
  detail: string | undefined
}

const maxResults = 1_000
const maxApps = 5_000

export const resultsOf = (value: unknown): Result[] =>
  (Array.isArray(value) ? value.slice(0, maxResults) : []).flatMap((result) => {
    const { commandId, status, detail } = membersOf(result)
    const [id, state] = [text(commandId), text(status, 20)]
    if (id === undefined || state === undefined) return []
    return [{ commandId: id, status: state, detail: typeof detail === 'string' ? detail : undefined }]
  })

/** Apps that somebody has removed and not brought back since, with when, as the agent's events tell it. */
export function removedApps(value: unknown): Map<string, number> {
  const removed = new Map<string, number>()
  for (const event of Array.isArray(value) ? value.slice(-maxResults) : []) {
    const { type, ts, detail } = membersOf(event)
    const [name, at] = [text(detail, 255), number(ts)]
    if (name === undefined || at === undefined) continue
    if (type === 'appUninstalled') removed.set(name, Math.trunc(at))
    if (type === 'appInstalled') removed.delete(name)
  }
  return removed
}

/** When the device says that it was started. */
export function bootTimeOf(body: Members): Date | undefined {
  return time(membersOf(body.state).lastBootAt) ?? time(membersOf(membersOf(body.telemetry).dynamic).lastBootAt)
}

/** The packages that a scan has found: `{apps: [{packageName, versionCode}]}`. Undefined for what is no scan. */
export function scannedApps(detail: string | undefined): Checkin['apps'] {
  try {
    const { apps } = membersOf(JSON.parse(detail ?? ''))
    if (!Array.isArray(apps)) return undefined
    const found = apps.slice(0, maxApps).flatMap((app) => {
      const { packageName, versionCode } = membersOf(app)
      const name = text(packageName, 255)
      return name === undefined || number(versionCode) === undefined ? [] : [[name, String(versionCode)] as const]
    })
    return [...new Map(found)].map(([name, version]) => ({ name, version }))
  } catch {
    return undefined
  }
}

/** What a check-in says of the device, as a report of the platform's own protocol with what is in it. */
export function reportOf(body: Members): Checkin {
  const state = membersOf(body.state)
  const { dynamic, identity } = membersOf(body.telemetry)
  const now = membersOf(dynamic)
  const level = number(now.batteryPct) ?? number(state.battery)
  const imeis = membersOf(identity).imei
  const imei = text(Array.isArray(imeis) ? imeis[0] : imeis)
  const release = text(state.androidRelease)
  const [ssid, ipaddress] = [text(now.wifiSsid), text(now.ipAddress)]
  const read = imei === undefined ? undefined : readImei(imei)
  return {
    partial: true,
    ...(read !== undefined && { imei: read }),
    ...(level !== undefined && { battery: { level: String(Math.min(100, Math.max(0, Math.round(level)))) } }),
    ...(release !== undefined && { os: { masonOS: { release } } }),
    ...((ssid !== undefined || ipaddress !== undefined) && {
      connection: { wifi: { ...(ssid !== undefined && { ssid }), ...(ipaddress !== undefined && { ipaddress }) } },
    }),
    ...locationOf(membersOf(now.location)),
  }
}

function locationOf({ lat, lon, accuracyM, provider, capturedAt }: Members): Pick<Checkin, 'location'> {
  const [latitude, longitude, at] = [number(lat), number(lon), time(capturedAt)]
  if (latitude === undefined || longitude === undefined || at === undefined) return {}
  const [accuracy, by] = [number(accuracyM), text(provider, 50)]
  return {
    location: {
      ...{ latitude, longitude, recordedAt: at.toISOString() },
      ...(accuracy !== undefined && { accuracy }),
      ...(by !== undefined && { provider: by }),
    },
  }
}
