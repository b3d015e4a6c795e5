import { readUrl } from './url.ts'

const form = { schemes: ['nats:', 'tls:'], kept: 'origin', maySign: true } as const

/** What is wrong with NATS_URL; the URLs may hold a password. */
export function natsUrlFault(text: string): string | undefined {
  const urls = text.split(',').map((part) => part.trim())
  for (const url of urls) {
    const { fault } = readUrl(url, form)
    if (fault !== undefined) return fault
    if (!isEncoded(userOf(url))) return 'must have a percent-encoded user and password'
  }
  const [first = '', ...others] = urls
  if (others.some((url) => userOf(url) !== '' && userOf(url) !== userOf(first)))
    return 'must have the same user and password in each of its URLs'
  return undefined
}

const userOf = (url: string) => {
  const { username = '', password = '' } = URL.parse(url) ?? {}
  return username === '' ? '' : `${username}:${password}`
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text)
    return true
  } catch {
    return false
  }
}

/** The same as the client library takes it: servers, and who asks them. A user without a password is a token. */
export function natsServers(text: string) {
  const urls = text.split(',').map((part) => new URL(part.trim()))
  const [first] = urls
  const user = decodeURIComponent(first?.username ?? '')
  const pass = decodeURIComponent(first?.password ?? '')
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port || 4222}`),
    ...(user !== '' && (pass === '' ? { token: user } : { user, pass })),
    ...(first?.protocol === 'tls:' && { tls: {} }),
  }
}
