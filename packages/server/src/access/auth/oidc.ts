import type { oidcFailures } from '@mason/contract/auth'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import {
  authorizationCodeGrant,
  buildAuthorizationUrl,
  type Configuration,
  calculatePKCECodeChallenge,
  fetchUserInfo,
  type IDToken,
  randomNonce,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'
import sql from 'sql-template-tag'
import type { Config } from '../../config.ts'
import type { Db } from '../../core/db/database.ts'
import { record } from '../../core/event/record.ts'
import { ofSignIn } from '../../core/http/audit-trail.ts'
import type { Guard } from '../../core/http/guard.ts'
import type { Sealer } from '../../core/sealer.ts'
import { normalEmail } from '../user/email.ts'
import type { UserRef } from '../user/set-password.ts'
import { type Cookies, giveSession, visitorOf } from './cookies.ts'
import { discoverProvider, type ProviderConfig } from './discovery.ts'
import { openSession, type Visitor } from './session.ts'

/** Sign-in by the configured identity provider. */
export interface Oidc {
  label: string
  startPath: string
}

interface Services {
  db: Db
  sealer: Sealer
  cookies: Cookies
  guard: Guard
  publicUrl: () => string
}

/** What a sign-in must come back with; it waits sealed in the browser. */
interface Pending {
  state: string
  nonce: string
  verifier: string
  returnTo: string
  expiresAt: number
}

const startPath = '/auth/oidc/start'
const callbackPath = '/auth/oidc/callback'
const pendingMinutes = 10

/**
 * Serves the two steps of the authorization code flow with PKCE, where a provider is configured. A browser walks them, so
 * they answer with redirects.
 */
export function oidcRoutes(http: FastifyInstance, config: Config, services: Services): Oidc | undefined {
  const { OIDC_ISSUER, OIDC_CLIENT_ID } = config
  const { OIDC_SCOPES: scope, OIDC_LABEL: label } = config
  const { db, sealer, cookies, guard, publicUrl } = services
  if (OIDC_ISSUER === undefined || OIDC_CLIENT_ID === undefined) return undefined
  const provider: ProviderConfig = { ...config, OIDC_ISSUER, OIDC_CLIENT_ID }
  let discovering: Promise<Configuration> | undefined

  const configuration = (): Promise<Configuration> => {
    discovering ??= discoverProvider(provider).catch((error: unknown) => {
      // The provider may be there the next time.
      discovering = undefined
      throw error
    })
    return discovering
  }

  const start = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const client = await configuration()
    const { returnTo } = request.query as { returnTo?: unknown }
    const pending: Pending = {
      state: randomState(),
      nonce: randomNonce(),
      verifier: randomPKCECodeVerifier(),
      returnTo: ownPath(returnTo),
      expiresAt: Date.now() + pendingMinutes * 60_000,
    }
    const sealed = sealer.seal(JSON.stringify(pending)).toString('base64url')
    cookies.oidc.write(request, reply, sealed, new Date(pending.expiresAt))
    return buildAuthorizationUrl(client, {
      redirect_uri: publicUrl() + callbackPath,
      scope,
      state: pending.state,
      nonce: pending.nonce,
      code_challenge: await calculatePKCECodeChallenge(pending.verifier),
      code_challenge_method: 'S256',
    }).href
  }

  const finish = async (request: FastifyRequest, reply: FastifyReply): Promise<string> => {
    const pending = readPending(sealer, cookies.oidc.read(request))
    cookies.oidc.write(request, reply, undefined)
    if (!pending) return refusal('oidc-expired')
    const client = await configuration()
    const tokens = await authorizationCodeGrant(client, new URL(request.url, publicUrl()), {
      expectedState: pending.state,
      expectedNonce: pending.nonce,
      pkceCodeVerifier: pending.verifier,
      idTokenExpected: true,
    })
    const claims = tokens.claims()
    if (!claims) return refusal('oidc-unknown')
    // Many providers tell the address only when asked.
    const isAsked = claims.email === undefined && client.serverMetadata().userinfo_endpoint !== undefined
    const profile = isAsked ? await fetchUserInfo(client, tokens.access_token, claims.sub) : {}
    const opened = await signIn(
      ofSignIn(db, request, 'signInByProvider'),
      { ...profile, ...claims },
      visitorOf(cookies, request),
    )
    if (!opened) return refusal('oidc-unknown')
    giveSession(cookies, request, reply, opened)
    return pending.returnTo
  }

  const redirect = (step: typeof start) => async (request: FastifyRequest, reply: FastifyReply) => {
    guard.announceAddress(request, reply)
    const target = await step(request, reply).catch((error: unknown) => {
      request.log.warn({ err: error }, 'a sign-in by the identity provider failed')
      return refusal('oidc-failed')
    })
    return reply.header('cache-control', 'no-store').redirect(target, 302)
  }
  const schema = { hide: true }
  http.get(startPath, { schema }, redirect(start))
  http.get(callbackPath, { schema }, redirect(finish))
  return { label, startPath }
}

/** The Controller's page says what went wrong. */
const refusal = (reason: keyof typeof oidcFailures) => `/sign-in?error=${reason}`

/** A path of this server; anything else would let a link from here lead elsewhere. */
const ownPath = (path: unknown) => (typeof path === 'string' && /^\/(?![/\\])[!-~]{0,500}$/.test(path) ? path : '/')

function readPending(sealer: Sealer, cookie: string | undefined): Pending | undefined {
  try {
    const pending = JSON.parse(sealer.open(Buffer.from(cookie ?? '', 'base64url'))) as Pending
    return pending.expiresAt > Date.now() ? pending : undefined
  } catch {
    return undefined
  }
}

/**
 * Signs the user in whom the provider names: by its subject, from the second time on; the first time by an e-mail address
 * that it has verified. An invited user joins by that. The second factor is asked for all the same.
 */
function signIn(db: Db, claims: IDToken, visitor: Visitor) {
  return db.transaction(async (tx) => {
    const user = (await findBySubject(tx, claims)) ?? (await linkByEmail(tx, claims))
    return user && openSession(tx, user, visitor)
  })
}

async function findBySubject(tx: Db, { iss, sub }: IDToken): Promise<UserRef | undefined> {
  const { rows } = await tx.query<UserRef>(sql`
    SELECT u.account_id AS "accountId", u.id FROM user_identity AS i
    JOIN app_user AS u ON u.account_id = i.account_id AND u.id = i.user_id
    WHERE i.issuer = ${iss} AND i.subject = ${sub} AND u.disabled_at IS NULL AND u.deleted_at IS NULL
    ORDER BY u.created_at LIMIT 1`)
  return rows[0]
}

async function linkByEmail(tx: Db, { iss, sub, email, email_verified }: IDToken): Promise<UserRef | undefined> {
  if (typeof email !== 'string' || email_verified !== true) return undefined
  const { rows } = await tx.query<UserRef & { hasJoined: boolean }>(sql`
    SELECT account_id AS "accountId", id, joined_at IS NOT NULL AS "hasJoined" FROM app_user AS u
    WHERE email = ${normalEmail(email)} AND disabled_at IS NULL AND deleted_at IS NULL
      AND NOT EXISTS (SELECT FROM user_identity AS i
                      WHERE i.account_id = u.account_id AND i.user_id = u.id AND i.issuer = ${iss})
    ORDER BY created_at LIMIT 1 FOR UPDATE`)
  const [user] = rows
  if (!user) return undefined
  const { accountId, id, hasJoined } = user
  await tx.query(sql`
    INSERT INTO user_identity (account_id, issuer, subject, user_id) VALUES (${accountId}, ${iss}, ${sub}, ${id})`)
  if (!hasJoined) {
    await tx.query(sql`UPDATE app_user SET joined_at = now() WHERE account_id = ${accountId} AND id = ${id}`)
    await tx.query(sql`DELETE FROM user_link WHERE account_id = ${accountId} AND user_id = ${id}`)
    await record(tx, { kind: 'user', accountId, id }, { type: 'user.joined', subject: { kind: 'user', id } })
  }
  return { accountId, id }
}
