import { existsSync } from 'node:fs'
import { BlockList, isIP } from 'node:net'
import { emailPattern } from '@mason/contract/user'
import T, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { isWellFormedKey } from './apikey/key.ts'

const port = { minimum: 0, maximum: 65535 }

/** Everything that the environment can set; nothing else reads it. */
const Settings = T.Object({
  HOST: T.String({ default: '127.0.0.1', description: 'address to listen on' }),
  PORT: T.Integer({ ...port, default: 8080, description: 'HTTP port; 0 takes any free one' }),
  PUBLIC_URL: T.Optional(
    T.String({ description: 'how devices and people reach this server; http://HOST:PORT when unset' }),
  ),
  TLS_CERT: T.Optional(T.String({ description: 'PEM file of the certificate chain, for HTTPS without a proxy' })),
  TLS_KEY: T.Optional(T.String({ description: 'PEM file of its private key' })),
  TRUST_PROXY: T.Optional(
    T.String({ description: "whose X-Forwarded-For to believe: `true`, a number of hops, or the proxies' addresses" }),
  ),
  DATA_DIR: T.String({
    default: './data',
    description: 'where the own PostgreSQL, the owner key and the secrets live',
  }),
  DATABASE_URL: T.Optional(T.String({ description: 'a PostgreSQL (15 or newer) to use in place of the own one' })),
  DATABASE_POOL_SIZE: T.Integer({ minimum: 2, maximum: 500, default: 20, description: 'connections of one node' }),
  MASON_OWNER_KEY: T.Optional(T.String({ description: 'the owner key of the first account, on the first start' })),
  MASON_OWNER_EMAIL: T.String({
    default: 'owner@localhost',
    pattern: emailPattern,
    description: 'e-mail address of the first user, on the first start',
  }),
  MASON_ENCRYPTION_KEY: T.Optional(
    T.String({
      pattern: '^[0-9a-fA-F]{64}$',
      description: '32 bytes in hexadecimal, the same on every node; DATA_DIR/encryption-key when unset',
    }),
  ),
  S3_BUCKET: T.Optional(
    T.String({ minLength: 3, description: 'the bucket for artifacts and exports; DATA_DIR/storage when unset' }),
  ),
  S3_ENDPOINT: T.Optional(T.String({ description: "an S3 server of one's own; Amazon's when unset" })),
  S3_REGION: T.String({ default: 'us-east-1', description: 'the region of the bucket' }),
  S3_ACCESS_KEY_ID: T.Optional(T.String({ description: "the access key; found as Amazon's tools do when unset" })),
  S3_SECRET_ACCESS_KEY: T.Optional(T.String({ description: 'its secret' })),
  S3_ADDRESSING_STYLE: T.Optional(
    T.Enum(['path', 'virtual'], {
      description: 'whether the bucket stands in the path or the host name; path with S3_ENDPOINT, else virtual',
    }),
  ),
  MQTT_PORT: T.Optional(
    T.Integer({ ...port, description: 'MQTT over TCP; 0 turns it off; 1883 when unset, if that is free' }),
  ),
  MQTT_TLS_CERT: T.Optional(
    T.String({ description: 'PEM file of the certificate chain, for MQTT over TLS on MQTT_PORT' }),
  ),
  MQTT_TLS_KEY: T.Optional(T.String({ description: 'PEM file of its private key' })),
  MQTT_PUBLIC_URL: T.Optional(
    T.String({ description: 'where devices connect by MQTT; PUBLIC_URL with /mqtt when unset' }),
  ),
  SMTP_URL: T.Optional(
    T.String({ description: 'mail server, as smtps://user:password@host; without one, links are shown, not mailed' }),
  ),
  SMTP_FROM: T.String({ default: 'Mason Platform <mason@localhost>', description: 'sender of the mail' }),
  OIDC_ISSUER: T.Optional(T.String({ description: 'an OpenID provider that people sign in by, as its issuer URL' })),
  OIDC_CLIENT_ID: T.Optional(T.String({ description: 'the client id that the provider knows this platform by' })),
  OIDC_CLIENT_SECRET: T.Optional(T.String({ description: 'its client secret' })),
  OIDC_SCOPES: T.String({ default: 'openid email profile', description: 'what the provider is asked for' }),
  OIDC_LABEL: T.String({ default: 'single sign-on', description: 'what the sign-in page calls the provider' }),
  EVENT_DAYS: T.Integer({
    minimum: 1,
    maximum: 3650,
    default: 90,
    description: 'how long events and finished notifications are kept',
  }),
  CHECKIN_SECONDS: T.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 900,
    description: 'how often a device checks in',
  }),
  RATE_LIMIT_PER_SECOND: T.Number({ minimum: 0.1, default: 200, description: "a key's sustained requests per second" }),
  RATE_LIMIT_BURST: T.Integer({ minimum: 1, default: 1000, description: 'its requests at once after a pause' }),
  LOCATION_DAYS: T.Integer({ minimum: 1, maximum: 3650, default: 30, description: 'how long locations are kept' }),
  EXPORT_DAYS: T.Integer({ minimum: 1, maximum: 3650, default: 7, description: 'how long exports are kept' }),
  USAGE_RECORD_DAYS: T.Integer({
    minimum: 2,
    maximum: 3650,
    default: 100,
    description: 'how long usage records are known, so that one sent again is a duplicate',
  }),
  UPLOAD_MAX_BYTES: T.Integer({
    minimum: 1,
    maximum: Number.MAX_SAFE_INTEGER,
    default: 4 * 2 ** 30,
    description: 'how large an artifact may be',
  }),
  DRAIN_SECONDS: T.Number({
    minimum: 0,
    maximum: 600,
    default: 1,
    description: 'how long to go on serving after SIGTERM while /readyz says 503, for a load balancer to notice',
  }),
  ANDROID_AGENT_COMPONENT: T.String({
    default: 'com.mason.agent/.DeviceAdminReceiver',
    description: "the Android agent's device admin component, for enrolment QR codes",
  }),
  ANDROID_AGENT_URL: T.Optional(T.String({ description: 'where a new Android device downloads the agent' })),
  ANDROID_AGENT_CHECKSUM: T.Optional(
    T.String({ description: "URL-safe base64 SHA-256 of the agent's signing certificate" }),
  ),
  MAP_STYLE_URL: T.Optional(
    T.String({
      description: "a MapLibre style for the Controller's maps; the built-in outline of the world when unset",
    }),
  ),
  MAP_ORIGINS: T.Optional(
    T.String({ description: 'other origins that the style takes tiles, glyphs or sprites from, separated by commas' }),
  ),
  LOG_LEVEL: T.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info' }),
})

export type Config = Static<typeof Settings>

/** Every fault of the environment at once. */
class ConfigError extends Error {
  readonly faults: readonly string[]

  constructor(faults: readonly string[]) {
    super(
      `The configuration has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}:\n${faults.map((fault) => `  ${fault}`).join('\n')}`,
    )
    this.faults = faults
  }
}

/** @throws ConfigError that lists every bad value. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given: Record<string, unknown> = {}
  for (const [name, schema] of Object.entries<TSchema>(Settings.properties)) {
    const text = environment[name]
    if (text === undefined || text === '') continue
    const isNumber = 'type' in schema && (schema.type === 'integer' || schema.type === 'number')
    given[name] = isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
  }
  const config = Value.Default(Settings, given)
  const faults = [...Value.Errors(Settings, config)].map(
    (error) =>
      `${error.instancePath.slice(1)} ${error.message} (is ${shown(environment, error.instancePath.slice(1))})`,
  )
  faults.push(...contradictions(given as Partial<Config>))
  if (faults.length > 0) throw new ConfigError(faults)
  return config as Config
}

const secrets = new Set([
  'MASON_OWNER_KEY',
  'MASON_ENCRYPTION_KEY',
  'DATABASE_URL',
  'S3_SECRET_ACCESS_KEY',
  'SMTP_URL',
  'OIDC_CLIENT_SECRET',
])
const shown = (environment: Record<string, string | undefined>, name: string) =>
  secrets.has(name) ? 'not shown' : JSON.stringify(environment[name])

function* contradictions(given: Partial<Config>): Generator<string> {
  if ((given.TLS_CERT === undefined) !== (given.TLS_KEY === undefined))
    yield 'TLS_CERT and TLS_KEY go together: set both or neither'
  if ((given.MQTT_TLS_CERT === undefined) !== (given.MQTT_TLS_KEY === undefined))
    yield 'MQTT_TLS_CERT and MQTT_TLS_KEY go together: set both or neither'
  if ((given.S3_ACCESS_KEY_ID === undefined) !== (given.S3_SECRET_ACCESS_KEY === undefined))
    yield 'S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY go together: set both or neither'
  if (given.S3_ENDPOINT !== undefined && given.S3_BUCKET === undefined) yield 'S3_ENDPOINT needs S3_BUCKET'
  if ((given.OIDC_ISSUER === undefined) !== (given.OIDC_CLIENT_ID === undefined))
    yield 'OIDC_ISSUER and OIDC_CLIENT_ID go together: set both or neither'
  if (given.OIDC_ISSUER?.startsWith('http:') && !isLoopback(given.OIDC_ISSUER))
    yield 'OIDC_ISSUER must be an https:// URL, but for a provider on this machine'
  for (const name of ['TLS_CERT', 'TLS_KEY', 'MQTT_TLS_CERT', 'MQTT_TLS_KEY'] as const) {
    const file = given[name]
    if (file !== undefined && !existsSync(file))
      yield `${name} names a file that does not exist (is ${JSON.stringify(file)})`
  }
  for (const [name, schemes] of [
    ['PUBLIC_URL', ['http:', 'https:']],
    ['MQTT_PUBLIC_URL', ['mqtt:', 'mqtts:', 'ws:', 'wss:']],
    ['DATABASE_URL', ['postgres:', 'postgresql:']],
    ['S3_ENDPOINT', ['https:', 'http:']],
    ['ANDROID_AGENT_URL', ['https:', 'http:']],
    ['SMTP_URL', ['smtp:', 'smtps:']],
    ['OIDC_ISSUER', ['https:', 'http:']],
    ['MAP_STYLE_URL', ['https:', 'http:']],
  ] as const) {
    const text = given[name]
    if (text !== undefined && !schemes.some((scheme) => URL.canParse(text) && new URL(text).protocol === scheme))
      yield `${name} must be a URL that starts with ${schemes.map((scheme) => `${scheme}//`).join(' or ')}`
  }
  if (given.MAP_ORIGINS !== undefined && given.MAP_STYLE_URL === undefined) yield 'MAP_ORIGINS needs MAP_STYLE_URL'
  if (given.MAP_ORIGINS !== undefined && readOrigins(given.MAP_ORIGINS) === undefined)
    yield `MAP_ORIGINS must be origins such as https://tiles.example.com, separated by commas (is ${JSON.stringify(given.MAP_ORIGINS)})`
  if (given.MASON_OWNER_KEY !== undefined && !isWellFormedKey(given.MASON_OWNER_KEY))
    yield 'MASON_OWNER_KEY is not a well-formed key: `npx mason-server key new` prints one'
  if (given.TRUST_PROXY !== undefined && readTrustProxy(given.TRUST_PROXY) === undefined)
    yield `TRUST_PROXY must be true, false, a number of hops, or addresses (is ${JSON.stringify(given.TRUST_PROXY)})`
}

const isLoopback = (url: string) =>
  URL.canParse(url) && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(new URL(url).hostname)

/** What Fastify is told of TRUST_PROXY; undefined when it cannot be read. */
export function readTrustProxy(
  text: string,
): boolean | string[] | ((address: string, hop: number) => boolean) | undefined {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^\d{1,2}$/.test(text)) return (_address, hop) => hop < Number(text)
  const addresses = text.split(',').map((part) => part.trim())
  return addresses.every(isAddressRange) ? addresses : undefined
}

/** The origins that a text lists; undefined when one of them is none. */
export function readOrigins(text: string): string[] | undefined {
  const origins = text.split(',').map((part) => part.trim().replace(/\/$/, ''))
  return origins.every((origin) => /^https?:/.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin)
    ? origins
    : undefined
}

/** Whether the text is an IP address or a CIDR range. */
export function isAddressRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/')
  const family = isIP(address)
  if (family === 0 || rest.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128))
}

/** A set of addresses and CIDR ranges to check addresses against. */
export function addressSet(ranges: readonly string[]): BlockList {
  const set = new BlockList()
  for (const range of ranges) {
    const [address = '', bits] = range.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (bits === undefined) set.addAddress(address, family)
    else set.addSubnet(address, Number(bits), family)
  }
  return set
}
