import type { PasswordGrant, TokenRequest } from '@mason/contract/oauth'
import { parseScope, type Scope } from '@mason/contract/scopes'
import { emailPattern } from '@mason/contract/user'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import type { KeyCache, KnownKey } from '../apikey/key-cache.ts'
import type { Visitor } from '../auth/session.ts'
import { type RecognizedUser, recognize } from '../auth/sign-in.ts'
import type { Credentials } from '../credential/authorization.ts'
import { rootsOf } from './tokens.ts'

const refusal = (oauth: string, message: string) => new AppError('invalid_request_error', message, { oauth })

/**
 * The key that asks for a token as a client, by RFC 7617 Basic or in the body.
 *
 * @throws AppError (401, invalid_client) when there is no such key.
 */
export async function findClient(keys: KeyCache, credentials: Credentials, body: TokenRequest): Promise<KnownKey> {
  if (body.grant_type === undefined) throw refusal('invalid_request', 'grant_type is missing')
  if (body.grant_type !== 'client_credentials')
    throw refusal('unsupported_grant_type', 'The only grant type here is client_credentials')
  if (credentials.kind !== 'none' && body.client_secret !== undefined)
    throw refusal('invalid_request', 'The client authenticates twice: by header and in the body')
  const [id, secret] =
    credentials.kind === 'pair'
      ? [decoded(credentials.user), decoded(credentials.password)]
      : [body.client_id, credentials.kind === 'token' ? credentials.token : body.client_secret]
  const key = id === undefined || secret === undefined ? undefined : await keys.find(secret)
  if (!key || key.actor.id !== id?.toLowerCase())
    throw new AppError('authentication_error', 'The client is unknown, or its secret is wrong')
  return key
}

/** RFC 6749 has both parts form-encoded before they are put together. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The scopes that are asked for, or all that the key has. @throws AppError (invalid_scope) for more. */
export function narrow({ actor }: KnownKey, wanted: string | undefined): Scope[] {
  const words = wanted?.split(' ').filter((word) => word !== '') ?? []
  if (words.length === 0) return rootsOf(actor.scopes)
  const scopes = words.map((word) => {
    const scope = parseScope(word)
    if (!scope || !actor.scopes.has(scope))
      throw refusal(
        'invalid_scope',
        scope ? `The key lacks the scope ${scope}` : 'One of the words of `scope` is not a scope',
      )
    return scope
  })
  return [...new Set(scopes)]
}

const email = new RegExp(emailPattern)

/**
 * The user who asks for tokens by password, as older command lines do.
 *
 * @throws AppError (400, invalid_grant) for a wrong password, and for users who sign in with a second factor.
 */
export async function findResourceOwner(db: Db, body: PasswordGrant, visitor: Visitor): Promise<RecognizedUser> {
  const { grant_type, username, password } = body
  if (grant_type !== undefined && grant_type !== 'password')
    throw refusal('unsupported_grant_type', 'The only grant type here is password')
  if (!username || !password) throw refusal('invalid_request', 'username and password are required')
  if (!email.test(username)) throw refusal('invalid_grant', 'The e-mail address or the password is wrong')
  const user = await recognize(db, { email: username, password }, visitor).catch((error: unknown) => {
    const isWrong = error instanceof AppError && error.type === 'authentication_error'
    throw isWrong ? refusal('invalid_grant', error.message) : error
  })
  if (user.hasTotp || user.isTotpRequired)
    throw refusal('invalid_grant', 'A password alone does not do where a second factor is needed: use an API key')
  return user
}
