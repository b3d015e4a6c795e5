/** What an Authorization header holds. */
export type Credentials =
  | { kind: 'none' }
  | { kind: 'token'; token: string }
  | { kind: 'pair'; user: string; password: string }

const none: Credentials = { kind: 'none' }

/**
 * Reads every accepted form (docs/contract.md §1): `basic <api-key>` with the raw key, RFC 7617 `Basic base64(user:password)`,
 * `Bearer <token>`, and a key with no scheme word.
 */
export function readCredentials(header: string | undefined): Credentials {
  if (header === undefined) return none
  const space = header.indexOf(' ')
  if (space === -1) return header.startsWith('mason_') ? { kind: 'token', token: header } : none
  const scheme = header.slice(0, space).toLowerCase()
  const rest = header.slice(space + 1).trim()
  if (rest === '') return none
  if (scheme === 'bearer') return { kind: 'token', token: rest }
  if (scheme !== 'basic') return none
  if (rest.startsWith('mason_')) return { kind: 'token', token: rest }
  const pair = Buffer.from(rest, 'base64').toString('utf8')
  const colon = pair.indexOf(':')
  if (colon === -1) return none
  const [user, password] = [pair.slice(0, colon), pair.slice(colon + 1)]
  return password === '' ? { kind: 'token', token: user } : { kind: 'pair', user, password }
}
