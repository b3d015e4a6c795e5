/** What a setting's URL may hold beyond scheme, host and port, and how it is kept. */
interface UrlForm {
  schemes: readonly string[]
  /** `exact` keeps the text as it is, `issuer` a slash at the end of a path, the others drop it. */
  kept: 'origin' | 'path' | 'issuer' | 'exact'
  /** Others connect to it, so it cannot be the address that stands for all of this machine's. */
  isPublic?: boolean
  maySign?: boolean
  /** Whether no host means something: the socket, for PostgreSQL. */
  mayLackHost?: boolean
}

const web = ['http:', 'https:'] as const

/** Every setting that is a URL. */
export const urlSettings = {
  PUBLIC_URL: { schemes: web, kept: 'origin', isPublic: true },
  MQTT_PUBLIC_URL: { schemes: ['mqtt:', 'mqtts:', 'ws:', 'wss:'], kept: 'path', isPublic: true },
  DATABASE_URL: { schemes: ['postgres:', 'postgresql:'], kept: 'exact', maySign: true, mayLackHost: true },
  S3_ENDPOINT: { schemes: web, kept: 'path' },
  ANDROID_AGENT_URL: { schemes: web, kept: 'exact', isPublic: true },
  SMTP_URL: { schemes: ['smtp:', 'smtps:'], kept: 'exact', maySign: true },
  OIDC_ISSUER: { schemes: web, kept: 'issuer' },
  OTEL_EXPORTER_OTLP_ENDPOINT: { schemes: web, kept: 'path' },
  MAP_STYLE_URL: { schemes: web, kept: 'exact' },
} as const satisfies Record<string, UrlForm>

export type UrlSetting = keyof typeof urlSettings

type Reading = { url: string; fault?: never } | { fault: string; url?: never }

/** A URL as it is kept, or what is wrong with it. */
export function readUrl(text: string, form: UrlForm): Reading {
  const schemes = form.schemes.map((scheme) => `${scheme}//`).join(' or ')
  if (!form.schemes.some((scheme) => text.toLowerCase().startsWith(`${scheme}//`)))
    return { fault: `must be a URL that starts with ${schemes}` }
  if (/\s/.test(text)) return { fault: 'must be a URL without spaces' }
  const url = form.mayLackHost ? parseDatabaseUrl(text) : URL.parse(text)
  if (!url || (url.hostname === '' && !form.mayLackHost)) return { fault: `must be a URL such as ${example(form)}` }
  const fault = excess(url, form)
  return fault === undefined ? { url: normal(text, url, form) } : { fault }
}

/** PostgreSQL's URLs may name a user and no host, which other URLs may not. */
export const parseDatabaseUrl = (text: string) => URL.parse(text) ?? URL.parse(text.replace('@/', '@localhost/'))

const example = ({ schemes }: UrlForm) => `${schemes.at(-1)}//host.example.com`

function excess(url: URL, { kept, isPublic = false, maySign = false }: UrlForm): string | undefined {
  if (!maySign && (url.username !== '' || url.password !== '')) return 'must not hold a user or password'
  if (url.hash !== '') return 'must not hold a fragment (what follows #)'
  if (kept !== 'exact' && url.search !== '') return 'must not hold a query (what follows ?)'
  // MQTT itself knows no paths; WebSockets do.
  const mayHavePath = kept !== 'origin' && !/^mqtts?:$/.test(url.protocol)
  if (!mayHavePath && url.pathname.replaceAll('/', '') !== '') return 'must end after host and port, without a path'
  if (isPublic && isAnyAddress(url.hostname)) return 'must be an address that others can connect to'
  return undefined
}

function normal(text: string, url: URL, { kept }: UrlForm): string {
  if (kept === 'exact') return text
  const path = kept === 'origin' || /^\/*$/.test(url.pathname) ? '' : url.pathname
  return `${url.protocol}//${url.host}${kept === 'issuer' ? path : path.replace(/\/+$/, '')}`
}

/** Whether the URL's host is this machine. */
export const isLoopbackUrl = (url: string) => isLoopback(URL.parse(url)?.hostname ?? '')

/** Whether a host's name or address is this machine. */
export const isLoopback = (host: string) => /^(localhost|127\.[\d.]+|\[?[0:]*:0*1\]?)$/i.test(host)

/** Whether an address stands for all of this machine's. */
export const isAnyAddress = (host: string) => /^\[?[0:.]+\]?$/.test(host)

/** The origins that a text lists; undefined when one of them is none. */
export function readOrigins(text: string): string[] | undefined {
  const readings = text.split(',').map((part) => readUrl(part.trim(), { schemes: web, kept: 'origin' }))
  const origins = readings.flatMap(({ url }) => url ?? [])
  return origins.length === readings.length ? origins : undefined
}
