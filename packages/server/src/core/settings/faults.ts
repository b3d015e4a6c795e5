import type { TSchema } from 'typebox'
import { isWellFormedKey } from '../key.ts'
import { databaseUrlFaults } from './database-url.ts'
import { natsUrlFault } from './nats-url.ts'
import { readTrustProxy } from './proxy.ts'
import { tlsFaults, tlsSettings } from './tls.ts'
import { isLoopbackUrl, readOrigins, readUrl, type UrlSetting, urlSettings } from './url.ts'

/** What a value of this schema looks like. */
export function wanted(schema: TSchema): string {
  const { type, enum: words, form, minimum, maximum } = schema as Record<string, unknown>
  if (Array.isArray(words)) return `must be one of ${words.join(', ')}`
  if (type === 'boolean') return 'must be true or false'
  if (typeof form === 'string') return `must be ${form}`
  if (type !== 'integer' && type !== 'number') return 'must be a text without line breaks and control characters'
  const kind = type === 'integer' ? 'a whole number' : 'a number'
  return maximum === undefined
    ? `must be ${kind}, at least ${minimum}`
    : `must be ${kind} from ${minimum} to ${maximum}`
}

/** What a schema cannot say: faults within one value, and between values. */
export function* contradictions(given: Given, shown: (name: string) => string): Generator<string> {
  for (const files of tlsSettings) yield* tlsFaults(given, files, shown)
  yield* urlFaults(given, shown)
  yield* databaseFaults(given)
  const natsFault = given.NATS_URL === undefined ? undefined : natsUrlFault(given.NATS_URL)
  if (natsFault !== undefined) yield `NATS_URL ${natsFault}`
  yield* togetherFaults(given)
  if (given.OIDC_ISSUER?.toLowerCase().startsWith('http:') && !isLoopbackUrl(given.OIDC_ISSUER))
    yield 'OIDC_ISSUER must be an https:// URL, but for a provider on this machine'
  yield* originFaults(given, shown)
  if (given.MASON_OWNER_KEY !== undefined && !isWellFormedKey(given.MASON_OWNER_KEY))
    yield 'MASON_OWNER_KEY is not a well-formed key: `npx mason-server key new` prints one'
  if (given.TRUST_PROXY !== undefined && readTrustProxy(given.TRUST_PROXY) === undefined)
    yield `TRUST_PROXY must be true, false, a number of hops, or proxies as addresses, ranges and loopback, separated by commas (is ${shown('TRUST_PROXY')})`
}

function* urlFaults(given: Given, shown: (name: string) => string): Generator<string> {
  for (const name of Object.keys(urlSettings) as UrlSetting[]) {
    const fault = given[name] === undefined ? undefined : readUrl(given[name], urlSettings[name]).fault
    if (fault !== undefined && name !== 'DATABASE_URL') yield `${name} ${fault} (is ${shown(name)})`
  }
}

function* originFaults(given: Given, shown: (name: string) => string): Generator<string> {
  for (const name of ['MAP_ORIGINS', 'CORS_ORIGINS'] as const) {
    const text = given[name]
    if (text !== undefined && readOrigins(text) === undefined)
      yield `${name} must be origins such as https://tiles.example.com, separated by commas (is ${shown(name)})`
  }
}

function* databaseFaults({ DATABASE_URL }: Given): Generator<string> {
  if (DATABASE_URL === undefined) return
  const special = [...databaseUrlFaults(DATABASE_URL)]
  const { fault } = readUrl(DATABASE_URL, urlSettings.DATABASE_URL)
  if (special.length > 0) yield* special
  else if (fault !== undefined) yield `DATABASE_URL ${fault}`
}

/** The settings that are looked at, where they are set. */
type Given = Partial<
  Record<
    | UrlSetting
    | (typeof tlsSettings)[number][number]
    | (typeof pairs)[number][number]
    | (typeof needs)[number][number]
    | 'NATS_URL'
    | 'MASON_OWNER_KEY'
    | 'TRUST_PROXY'
    | 'CORS_ORIGINS',
    string
  >
>

const pairs = [
  ['S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'],
  ['OIDC_ISSUER', 'OIDC_CLIENT_ID'],
] as const

const needs = [
  ['S3_ENDPOINT', 'S3_BUCKET'],
  ['OIDC_CLIENT_SECRET', 'OIDC_CLIENT_ID'],
  ['MAP_ORIGINS', 'MAP_STYLE_URL'],
] as const

function* togetherFaults(given: Given): Generator<string> {
  for (const [one, other] of pairs)
    if ((given[one] === undefined) !== (given[other] === undefined))
      yield `${one} and ${other} go together: set both or neither`
  for (const [one, other] of needs)
    if (given[one] !== undefined && given[other] === undefined) yield `${one} needs ${other}`
}
