import type { Static } from 'typebox'
import * as T from 'typebox'
import { bare } from './common.ts'
import { route } from './route.ts'

const param = (maxLength: number, description: string, examples?: string[]) =>
  T.Optional(T.String({ maxLength, description, ...(examples && { examples }) }))

export const TokenRequest = T.Object(
  {
    grant_type: param(100, 'client_credentials', ['client_credentials']),
    client_id: param(100, "the key's id; alternatively with the secret as RFC 7617 Basic"),
    client_secret: param(200, 'the key'),
    scope: param(2_000, 'scopes separated by spaces, to request fewer than the key holds', ['fleet:read']),
  },
  { title: 'TokenRequest' },
)
export type TokenRequest = Static<typeof TokenRequest>

export const TokenAnswer = T.Object(
  {
    access_token: T.String(),
    token_type: T.String({ examples: ['Bearer'] }),
    expires_in: T.Integer({ description: 'seconds', examples: [3600] }),
    scope: T.String({ description: 'scopes of the token' }),
  },
  { title: 'TokenAnswer' },
)
export type TokenAnswer = Static<typeof TokenAnswer>

export const PasswordGrant = T.Object(
  {
    client_id: param(200, 'becomes the audience of the id token'),
    username: param(254, 'e-mail address', ['ada@example.com']),
    password: param(400, 'password'),
    connection: param(200, 'ignored'),
    grant_type: param(100, '`password`', ['password']),
    scope: param(2_000, 'ignored: the tokens have the scopes of the user'),
  },
  { title: 'PasswordGrant' },
)
export type PasswordGrant = Static<typeof PasswordGrant>

export const PasswordGrantAnswer = T.Object(
  {
    id_token: T.String(),
    access_token: T.String(),
    token_type: T.String({ examples: ['Bearer'] }),
    expires_in: T.Integer({ description: 'seconds' }),
  },
  { title: 'PasswordGrantAnswer' },
)
export type PasswordGrantAnswer = Static<typeof PasswordGrantAnswer>

export const UserInfo = T.Object(
  {
    sub: T.String(),
    email: T.Optional(T.String()),
    user_metadata: T.Object({
      clients: T.Array(T.String({ description: 'the account that the credential belongs to' })),
    }),
  },
  { title: 'UserInfo' },
)
export type UserInfo = Static<typeof UserInfo>

const JsonWebKey = T.Object({
  kty: T.String(),
  crv: T.String(),
  x: T.String(),
  y: T.String(),
  kid: T.String(),
  alg: T.String(),
  use: T.String(),
})
export const JsonWebKeySet = T.Object({ keys: T.Array(JsonWebKey) }, { title: 'JsonWebKeySet' })
export type JsonWebKeySet = Static<typeof JsonWebKeySet>

export const ServerMetadata = T.Object(
  {
    issuer: T.String(),
    token_endpoint: T.String(),
    jwks_uri: T.String(),
    userinfo_endpoint: T.String(),
    service_documentation: T.String(),
    scopes_supported: T.Array(T.String()),
    response_types_supported: T.Array(T.String()),
    grant_types_supported: T.Array(T.String()),
    token_endpoint_auth_methods_supported: T.Array(T.String()),
  },
  { title: 'ServerMetadata' },
)
export type ServerMetadata = Static<typeof ServerMetadata>

const tags = ['OAuth 2.0']

export const requestToken = route({
  method: 'POST',
  url: '/oauth/token',
  config: { scope: 'public', form: true },
  schema: {
    operationId: 'requestToken',
    summary: 'Get an access token for an API key (client credentials)',
    description:
      'The client id is the id of the key; the client secret is the key. `scope` may request fewer scopes. The token becomes invalid with the key. Errors contain `error` and `error_description` of RFC 6749.',
    tags,
    body: TokenRequest,
    response: bare(TokenAnswer),
  },
})

export const requestPasswordGrant = route({
  method: 'POST',
  url: '/oauth/ro',
  config: { scope: 'public', form: true },
  schema: {
    operationId: 'requestPasswordGrant',
    summary: 'Get tokens for a user with a password, for older command lines',
    description:
      'Both tokens are valid for 30 days, or until the user is removed, is disabled or changes the password. Users with a second factor are refused; they use an API key.',
    tags,
    body: PasswordGrant,
    response: bare(PasswordGrantAnswer),
  },
})

export const getUserInfo = route({
  method: 'GET',
  url: '/userinfo',
  config: { scope: 'any', reach: 'open' },
  schema: {
    operationId: 'getUserInfo',
    summary: 'Read the account that a credential belongs to',
    tags,
    response: bare(UserInfo),
  },
})

export const getJsonWebKeys = route({
  method: 'GET',
  url: '/.well-known/jwks.json',
  config: { scope: 'public' },
  schema: {
    operationId: 'getJsonWebKeys',
    summary: 'Get the public keys that verify tokens',
    tags,
    response: bare(JsonWebKeySet),
  },
})

export const getServerMetadata = route({
  method: 'GET',
  url: '/.well-known/oauth-authorization-server',
  config: { scope: 'public' },
  schema: {
    operationId: 'getServerMetadata',
    summary: 'Get the metadata of the authorization server (RFC 8414)',
    tags,
    response: bare(ServerMetadata),
  },
})
