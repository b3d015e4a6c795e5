import { parseDatabaseUrl } from '../settings/url.ts'
import { StartError } from './start-error.ts'

interface Place {
  /** Host and port, or the socket. */
  server: string
  user: string
  name: string
}

/** By SQLSTATE, then by the codes of Node; the text of a fault is a remedy. */
const remedies: Readonly<Record<string, (index: Place, message: string) => string>> = {
  '28P01': ({ user }) =>
    `PostgreSQL refuses the password of the user ${user}; correct it, with special characters percent-encoded`,
  '28000': (_, message) =>
    `PostgreSQL does not let this user in (${message}); see its pg_hba.conf, or add ?sslmode=require`,
  '3D000': ({ name }) => `there is no database ${name}; make it with CREATE DATABASE, or name another`,
  '42501': ({ user, name }, message) =>
    `the user ${user} may not do what it must (${message}); make it the owner: ALTER DATABASE ${name} OWNER TO ${user}`,
  '25006': () => 'this PostgreSQL only reads, as a standby does; name the primary',
  '53300': () => 'PostgreSQL has no connection left; raise its max_connections or lower DATABASE_POOL_SIZE',
  '57P03': (_, message) => `PostgreSQL is not ready (${message}); start again when it is`,
  ECONNREFUSED: ({ server }) => `nothing listens at ${server}; start PostgreSQL there, or correct host and port`,
  ENOENT: ({ server }) => `there is no socket of PostgreSQL at ${server}; start it, or correct the host`,
  ENOTFOUND: ({ server }) => `the host of ${server} is not known; correct its name`,
  EAI_AGAIN: ({ server }) => `the host of ${server} cannot be resolved; correct its name, or see to DNS`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ server }) =>
    `the certificate of PostgreSQL is not for the host of ${server}; use the name that it is for, or sslmode=no-verify`,
  CERT_HAS_EXPIRED: () => 'the certificate of PostgreSQL has expired; renew it, or use sslmode=no-verify',
}

const silent = ({ server }: Place) => `${server} does not answer; correct host and port, or see to firewalls`
const untrusted = () =>
  'the certificate of PostgreSQL is of an unknown issuer; add sslrootcert=FILE with its certificate, or use sslmode=no-verify'
const withoutTls = () =>
  'sslmode asks for TLS and PostgreSQL offers none; turn its ssl on, or use sslmode=disable in a network of your own'

/** By message, where a failure has no code of its own. */
const remediesByMessage: readonly [RegExp, (index: Place) => string][] = [
  [
    /unsupported startup parameter/,
    () =>
      'PgBouncer refuses a start-up parameter; add to its settings ignore_startup_parameters = options, statement_timeout, idle_in_transaction_session_timeout (docs/scale-out.md)',
  ],
  [/timeout|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH/i, silent],
  [/self[- ]signed certificate|unable to (verify|get)/i, untrusted],
  [/does not support SSL/, withoutTls],
  [
    /terminated unexpectedly|ECONNRESET|EPROTO/,
    ({ server }) => `what listens at ${server} is no PostgreSQL; correct host and port`,
  ],
]

/** Why the PostgreSQL of DATABASE_URL cannot be used; an error that says nothing of that as it is. */
export function explainDatabase(error: Error & { code?: string }, url: string): Error {
  if (error instanceof StartError) return error
  const index = networkOf(url)
  const { code = '', message } = error
  const remedy =
    remedies[code]?.(index, message) ?? remediesByMessage.find(([form]) => form.test(`${message} ${code}`))?.[1](index)
  return remedy === undefined ? error : new StartError(`DATABASE_URL: ${remedy}`, { cause: error })
}

function networkOf(text: string): Place {
  const url = parseDatabaseUrl(text)
  const host = url?.searchParams.get('host') ?? (decodeURIComponent(url?.hostname ?? '') || 'localhost')
  const user = decodeURIComponent(url?.username ?? '')
  return {
    server: host.startsWith('/') ? host : `${host}:${url?.port || 5432}`,
    user,
    name: decodeURIComponent(url?.pathname.slice(1) ?? '') || user,
  }
}
