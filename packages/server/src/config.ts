import { availableParallelism } from 'node:os'
import { type Role, roles } from '@mason/contract/node'
import { emailPattern } from '@mason/contract/user'
import T, { type Static, type TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { ConfigError } from './core/settings/config-error.ts'
import { contradictions, wanted } from './core/settings/faults.ts'
import { readUrl, type UrlSetting, urlSettings } from './core/settings/url.ts'
import { xraySettings } from './core/settings/xray.ts'

const port = { minimum: 0, maximum: 65535 }
const word = { pattern: '^\\S+$', form: 'one word without spaces' }

const hosts = (description: string) =>
  T.Optional(
    T.String({
      pattern: '^[\\w.:-]+(\\s*,\\s*[\\w.:-]+)*$',
      form: 'names of hosts and addresses, separated by commas',
      description,
    }),
  )

/** Everything that the environment can set; nothing else reads it. */
const Settings = T.Object({
  HOST: T.String({
    default: '127.0.0.1',
    pattern: '^[\\w.:%-]+$',
    form: 'an address or name of this machine, without a port',
    description: 'address to listen on',
  }),
  PORT: T.Integer({ ...port, default: 8080, description: 'HTTP port; 0 takes any free one' }),
  ROLE: T.String({
    default: roles.join(),
    pattern: `^(${roles.join('|')})(,(${roles.join('|')}))*$`,
    form: `one or more of ${roles.join(', ')}, separated by commas`,
    description: 'what this node serves: the API and the Controller, devices, work in the background',
  }),
  WORKERS: T.String({
    default: '1',
    pattern: '^(auto|[1-9]\\d{0,2})$',
    form: 'a number of processes from 1 to 999, or auto',
    description: 'processes that share the ports; auto takes one for each core',
  }),
  PUBLIC_URL: T.Optional(
    T.String({ description: 'the URL at which devices and users reach this server; http://HOST:PORT when unset' }),
  ),
  TLS_CERT: T.Optional(T.String({ description: 'PEM file of the certificate chain, for HTTPS without a proxy' })),
  TLS_KEY: T.Optional(T.String({ description: 'PEM file of its private key' })),
  TRUST_PROXY: T.Optional(
    T.String({ description: "whose X-Forwarded-For to believe: the proxies' addresses, a number of hops, or `true`" }),
  ),
  DATA_DIR: T.String({
    default: './data',
    description: 'folder of the bundled PostgreSQL, the owner key and the secrets',
  }),
  DATABASE_URL: T.Optional(T.String({ description: 'a PostgreSQL (15 or newer) to use instead of the bundled one' })),
  DATABASE_POOL_SIZE: T.Integer({ minimum: 2, maximum: 500, default: 20, description: 'connections of one node' }),
  NATS_URL: T.Optional(
    T.String({
      description: 'NATS servers that carry wake-ups between nodes, separated by commas; without them nodes poll',
    }),
  ),
  MASON_OWNER_KEY: T.Optional(T.String({ description: 'the owner key of the first account, on the first start' })),
  MASON_OWNER_EMAIL: T.String({
    default: 'owner@localhost',
    pattern: emailPattern,
    form: 'an e-mail address',
    description: 'e-mail address of the first user, on the first start',
  }),
  MASON_ENCRYPTION_KEY: T.Optional(
    T.String({
      pattern: '^[0-9a-fA-F]{64}$',
      form: '64 hexadecimal digits, as `openssl rand -hex 32` prints them',
      description: '32 bytes in hexadecimal, the same on every node; DATA_DIR/encryption-key when unset',
    }),
  ),
  S3_BUCKET: T.Optional(
    T.String({
      pattern: '^[\\w.-]{3,63}$',
      form: "a bucket's name of 3 to 63 letters, digits, dots and hyphens",
      description: 'the bucket for artifacts and exports; DATA_DIR/storage when unset',
    }),
  ),
  S3_ENDPOINT: T.Optional(T.String({ description: "an S3 server of one's own; Amazon's when unset" })),
  S3_REGION: T.String({
    default: 'us-east-1',
    pattern: '^[\\w-]+$',
    form: 'a region such as us-east-1',
    description: 'the region of the bucket',
  }),
  S3_ACCESS_KEY_ID: T.Optional(
    T.String({ ...word, description: "the access key; found as Amazon's tools do when unset" }),
  ),
  S3_SECRET_ACCESS_KEY: T.Optional(T.String({ ...word, description: 'its secret' })),
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
  SMTP_ALLOW_CLEARTEXT: T.Boolean({
    default: false,
    description: 'whether the password of SMTP_URL may go to a mail server that offers no TLS',
  }),
  SMTP_FROM: T.String({
    default: 'Mason Platform <mason@localhost>',
    pattern: '^([^<>]*<[^\\s<>@]+@[^\\s<>@]+>|[^\\s<>@]+@[^\\s<>@]+)$',
    form: 'an e-mail address, or a name and an address as Mason <mason@example.com>',
    description: 'sender of the mail',
  }),
  OIDC_ISSUER: T.Optional(T.String({ description: 'the issuer URL of an OpenID provider that users sign in with' })),
  OIDC_CLIENT_ID: T.Optional(T.String({ description: 'the client id that the provider knows this platform by' })),
  OIDC_CLIENT_SECRET: T.Optional(T.String({ description: 'its client secret' })),
  OIDC_SCOPES: T.String({
    default: 'openid email profile',
    pattern: '^(\\S+ )*openid( \\S+)*$',
    form: 'scopes separated by single spaces, openid among them',
    description: 'what the provider is asked for',
  }),
  OIDC_LABEL: T.String({ default: 'single sign-on', description: 'what the sign-in page calls the provider' }),
  EVENT_DAYS: T.Integer({
    minimum: 1,
    maximum: 3650,
    default: 90,
    description: 'how long events and finished notifications are kept',
  }),
  AUDIT_DAYS: T.Integer({
    minimum: 1,
    maximum: 3650,
    default: 400,
    description: 'how long entries of the audit trail are kept',
  }),
  CHECKIN_SECONDS: T.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 900,
    description: 'how often a device checks in',
  }),
  RATE_LIMIT_PER_SECOND: T.Number({ minimum: 0.1, default: 200, description: "a key's sustained requests per second" }),
  RATE_LIMIT_BURST: T.Integer({ minimum: 1, default: 1000, description: 'its requests at once after a pause' }),
  MAX_CONNECTIONS: T.Optional(
    T.Integer({ minimum: 1, description: 'connections of one node; what its limit of open files allows when unset' }),
  ),
  MAX_CONNECTIONS_PER_ADDRESS: T.Optional(
    T.Integer({
      minimum: 1,
      description: 'unauthenticated connections of one address; a quarter of all when unset',
    }),
  ),
  DEVICE_RATE_PER_SECOND: T.Number({
    minimum: 0.001,
    default: 1,
    description: "a device's sustained messages and requests per second",
  }),
  DEVICE_RATE_BURST: T.Integer({ minimum: 1, default: 60, description: 'as many at once after a pause' }),
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
  ...xraySettings,
  DRAIN_SECONDS: T.Number({
    minimum: 0,
    maximum: 600,
    default: 1,
    description: 'how long to go on serving after SIGTERM while /readyz says 503, for a load balancer to notice',
  }),
  ANDROID_AGENT_COMPONENT: T.String({
    default: 'com.mason.agent/.DeviceAdminReceiver',
    pattern: '^[\\w.]+/[\\w.]+$',
    form: 'a package and a class, as com.mason.agent/.DeviceAdminReceiver',
    description: "the Android agent's device admin component, for enrollment QR codes",
  }),
  ANDROID_AGENT_URL: T.Optional(T.String({ description: 'where a new Android device downloads the agent' })),
  ANDROID_AGENT_CHECKSUM: T.Optional(
    T.String({
      pattern: '^[\\w-]{43}=?$',
      form: '43 characters of URL-safe base64',
      description: "URL-safe base64 SHA-256 of the agent's signing certificate",
    }),
  ),
  MAP_STYLE_URL: T.Optional(
    T.String({
      description: "a MapLibre style for the Controller's maps; the built-in outline of the world when unset",
    }),
  ),
  MAP_ORIGINS: T.Optional(
    T.String({ description: 'other origins that the style takes tiles, glyphs or sprites from, separated by commas' }),
  ),
  CORS_ORIGINS: T.Optional(
    T.String({
      description:
        'origins of other sites whose pages may call the API with a key, separated by commas; none when unset',
    }),
  ),
  WEBHOOK_ALLOW_HTTP: T.Boolean({ default: false, description: 'whether webhooks may lead to http:// URLs' }),
  WEBHOOK_ALLOW_HOSTS: hosts('hosts and addresses that webhooks may lead to though they are not public'),
  CARRIER_ALLOW_HTTP: T.Boolean({
    default: false,
    description: 'whether the API of a carrier may have an http:// URL',
  }),
  CARRIER_ALLOW_HOSTS: hosts('hosts and addresses that carriers may be called at though they are not public'),
  OTEL_EXPORTER_OTLP_ENDPOINT: T.Optional(
    T.String({ description: 'an OpenTelemetry collector that takes traces over HTTP; no traces when unset' }),
  ),
  OTEL_TRACES_SAMPLER_ARG: T.Number({
    minimum: 0,
    maximum: 1,
    default: 1,
    description: 'the share of traces to send, where the caller has not decided it',
  }),
  LOG_LEVEL: T.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], { default: 'info' }),
})

export type Config = Static<typeof Settings>

/** How many processes share the ports. */
export const workersOf = ({ WORKERS }: Pick<Config, 'WORKERS'>): number =>
  WORKERS === 'auto' ? availableParallelism() : Number(WORKERS)

/** What a node of this configuration serves. */
export const rolesOf = ({ ROLE }: Pick<Config, 'ROLE'>): readonly Role[] => {
  const named = ROLE.split(',')
  return roles.filter((role) => named.includes(role))
}

export const settingNames = Object.keys(Settings.properties)

/** @throws ConfigError that lists every bad value. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const given: Record<string, unknown> = {}
  const faults: string[] = []
  const shown = (name: string) =>
    secrets.has(name) || /\/\/.*@/.test(environment[name] ?? '') ? 'not shown' : JSON.stringify(environment[name])
  for (const [name, schema] of Object.entries<TSchema>(Settings.properties)) {
    // Files of settings often have spaces or a carriage return at the end of a line.
    const text = environment[name]?.trim()
    if (environment[name] === undefined || environment[name] === '') continue
    const value = readValue(schema, text ?? '')
    if (Value.Check(schema, value) && !/^$|\p{Cc}/u.test(text ?? '')) given[name] = value
    else faults.push(`${name} ${wanted(schema)} (is ${shown(name)})`)
  }
  faults.push(...contradictions(given as Partial<Config>, shown))
  if (faults.length > 0) throw new ConfigError(faults)
  const config = Value.Default(Settings, given) as Config
  return { ...config, ...plainUrls(config) }
}

function readValue(schema: TSchema, text: string): unknown {
  const { type } = schema as { type?: string }
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true'
  const isNumber = type === 'integer' || type === 'number'
  return isNumber && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text
}

/** The URLs as they are kept: without a slash at the end of an origin, for instance. */
function plainUrls(config: Config): Partial<Config> {
  const names = Object.keys(urlSettings) as UrlSetting[]
  return Object.fromEntries(
    names.flatMap((name) => {
      const text = config[name]
      const url = text === undefined ? undefined : readUrl(text, urlSettings[name]).url
      return url === undefined ? [] : [[name, url]]
    }),
  )
}

const secrets = new Set([
  'MASON_OWNER_KEY',
  'MASON_ENCRYPTION_KEY',
  'DATABASE_URL',
  'NATS_URL',
  'S3_SECRET_ACCESS_KEY',
  'SMTP_URL',
  'OIDC_CLIENT_SECRET',
])
