import {
  getJsonWebKeys,
  getServerMetadata,
  getUserInfo,
  requestPasswordGrant,
  requestToken,
} from '@mason/contract/oauth'
import { scopes } from '@mason/contract/scopes'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import type { Router } from '../../core/http/router.ts'
import type { AdmitKey, KeyCache } from '../apikey/key-cache.ts'
import { type Cookies, visitorOf } from '../auth/cookies.ts'
import { readCredentials } from '../credential/authorization.ts'
import { findClient, findResourceOwner, narrow } from './service.ts'
import type { SigningKeys } from './signing-keys.ts'
import type { Tokens } from './tokens.ts'

interface Services {
  keys: KeyCache
  admitKey: AdmitKey
  signing: SigningKeys
  tokens: Tokens
  cookies: Cookies
  publicUrl: () => string
}

export function oauthRoutes({ add }: Router, services: Services): void {
  const { keys, admitKey, signing, tokens, cookies, publicUrl } = services
  add(requestToken, async ({ body, request, reply }) => {
    const key = await findClient(keys, readCredentials(request.headers.authorization), body)
    request.actor = admitKey(request, reply, key)
    reply.header('cache-control', 'no-store')
    return JSON.stringify(await tokens.issueForKey(key, narrow(key, body.scope)))
  })
  add(requestPasswordGrant, async ({ db, body, request, reply }) => {
    const user = await findResourceOwner(db, body, visitorOf(cookies, request))
    const { accountId, id } = user
    request.actor = { kind: 'user', accountId, id, isOperator: false, scopes: new Set(), groups: undefined }
    reply.header('cache-control', 'no-store')
    return JSON.stringify(await tokens.issueForUser(user, body.client_id || publicUrl()))
  })
  add(getUserInfo, async ({ db, actor }) => userInfo(db, actor))
  add(getJsonWebKeys, async ({ reply }) => {
    reply.header('cache-control', 'public, max-age=300')
    return JSON.stringify(await signing.publicKeys())
  })
  add(getServerMetadata, () => JSON.stringify(metadata(publicUrl())))
}

async function userInfo(db: Db, { accountId, id }: { accountId: string; id: string }): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT json_strip_nulls(json_build_object('sub', ${id}::text, 'email', u.email,
      'user_metadata', json_build_object('clients', json_build_array(a.name))))::text AS document
    FROM account AS a LEFT JOIN app_user AS u ON u.account_id = a.id AND u.id = ${id}
    WHERE a.id = ${accountId}`)
  if (!rows[0]) throw notFound('account')
  return rows[0].document
}

const metadata = (url: string) => ({
  issuer: url,
  token_endpoint: `${url}/oauth/token`,
  jwks_uri: `${url}/.well-known/jwks.json`,
  userinfo_endpoint: `${url}/userinfo`,
  service_documentation: `${url}/docs`,
  scopes_supported: scopes,
  response_types_supported: [],
  grant_types_supported: ['client_credentials'],
  token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
})
