import type { Static } from 'typebox'
import * as T from 'typebox'
import {
  answers,
  closed,
  ErasureQuery,
  Fleet,
  FleetAndId,
  lines,
  pageQuery,
  pages,
  RestrictedTo,
  RestrictTo,
  RestrictToOrNot,
  Self,
  Time,
  text,
} from './common.ts'
import { route } from './route.ts'
import { type Scope, scopes } from './scopes.ts'

/** The usual sets of scopes; any other set is `custom`. */
export const presets = {
  'read-only': ['fleet:read', 'user:read', 'registry:read', 'connect:read', 'key:read', 'hook:read', 'audit:read'],
  admin: [
    'fleet:admin',
    'xray:admin',
    'user:admin',
    'registry:admin',
    'connect:admin',
    'key:admin',
    'hook:admin',
    'audit:read',
  ],
  owner: ['account:owner'],
} as const satisfies Record<string, readonly Scope[]>

/** The name of a preset. */
export type Preset = keyof typeof presets

const presetNames = Object.keys(presets) as [Preset, ...Preset[]]

/** The preset that consists of exactly these scopes, or `custom`. */
export function presetOf(held: readonly Scope[]): Preset | 'custom' {
  const set = new Set(held)
  const isSame = (name: Preset) => presets[name].length === set.size && presets[name].every((scope) => set.has(scope))
  return presetNames.find(isSame) ?? 'custom'
}

/** The regular expression of an e-mail address. */
export const emailPattern =
  '^[^\\s@\\u0000-\\u001f\\u007f"(),:;<>\\[\\]\\\\]{1,64}@[^\\s@\\u0000-\\u001f\\u007f"(),:;<>\\[\\]\\\\]{1,189}$'

/** The message for a text that is not an e-mail address. */
const emailFault = 'must be an e-mail address, such as ada@example.com'

/** An e-mail address; not case-sensitive. */
export const Email = T.String({
  pattern: emailPattern,
  fault: emailFault,
  description: 'e-mail address; not case-sensitive',
  examples: ['ada@example.com'],
})

const name = text(100, { description: 'full name of the user', examples: ['Ada Lovelace'] })
const scopeWords = T.Array(
  T.String({ maxLength: 40, description: 'a scope, in any letter case', examples: ['fleet:read'] }),
  { minItems: 1, maxItems: 100, fault: 'choose at least one scope', description: 'instead of a preset' },
)
const preset = T.Enum(presetNames, { description: 'a usual set of scopes, instead of `scopes`' })

export const User = T.Object(
  {
    id: T.String(),
    email: T.String({ examples: ['ada@example.com'] }),
    name: T.Optional(name),
    state: T.Enum(['invited', 'active', 'disabled']),
    scopes: T.Array(T.Enum(scopes)),
    groups: T.Optional(RestrictedTo),
    hasTotp: T.Boolean({ description: 'whether signing in needs a second factor' }),
    createdAt: Time,
    joinedAt: T.Optional(Time),
    lastSignInAt: T.Optional(Time),
    self: Self,
    link: T.Optional(
      T.String({
        description:
          'the link of an invitation or a password reset, to be passed on; only in the answer that creates it, and only if the server sends no mail',
      }),
    ),
  },
  { title: 'User' },
)
export type User = Static<typeof User>

export const NewUser = closed(
  {
    email: Email,
    name: T.Optional(name),
    scopes: T.Optional(scopeWords),
    preset: T.Optional(preset),
    groups: T.Optional(RestrictTo),
  },
  { title: 'NewUser' },
)
export type NewUser = Static<typeof NewUser>

export const UserChange = closed(
  {
    name: T.Optional(name),
    scopes: T.Optional(scopeWords),
    preset: T.Optional(preset),
    groups: T.Optional(RestrictToOrNot),
    disabled: T.Optional(T.Boolean({ description: 'a disabled user keeps all data but cannot sign in' })),
    reset: T.Optional(
      T.Array(T.Enum(['password', 'totp']), {
        minItems: 1,
        maxItems: 2,
        description:
          '`password`: ends sessions and tokens and sends a new link (to a user who has not joined: the invitation again); `totp`: removes the second factor',
      }),
    ),
  },
  { title: 'UserChange', minProperties: 1 },
)
export type UserChange = Static<typeof UserChange>

const timezone = text(100, {
  description: 'an IANA name: the time zone of the mails that the platform sends',
  examples: ['Europe/Paris'],
})

export const Account = T.Object(
  {
    id: T.String(),
    name: T.String({ examples: ['default'] }),
    totpRequired: T.Boolean({ description: 'whether users without a second factor must enroll one when they sign in' }),
    timezone,
    xrayReasonRequired: T.Boolean({ description: 'whether an X-Ray session needs a reason' }),
    xrayShellsRecorded: T.Boolean({ description: 'whether what shells of X-Ray sessions show is recorded' }),
    createdAt: Time,
    self: Self,
  },
  { title: 'Account' },
)
export type Account = Static<typeof Account>

export const AccountChange = closed(
  {
    totpRequired: T.Optional(T.Boolean()),
    timezone: T.Optional(timezone),
    xrayReasonRequired: T.Optional(T.Boolean()),
    xrayShellsRecorded: T.Optional(T.Boolean()),
  },
  { title: 'AccountChange', minProperties: 1 },
)
export type AccountChange = Static<typeof AccountChange>

const tags = ['Users']

export const listUsers = route({
  method: 'GET',
  url: '/v1/:fleet/user',
  config: { scope: 'user:read', reach: 'account' },
  schema: {
    operationId: 'listUsers',
    summary: 'List users',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(User),
  },
})

export const getUser = route({
  method: 'GET',
  url: '/v1/:fleet/user/:id',
  config: { scope: 'user:read', reach: 'account' },
  schema: { operationId: 'getUser', summary: 'Read a user', tags, params: FleetAndId, response: answers(User) },
})

export const inviteUser = route({
  method: 'POST',
  url: '/v1/:fleet/user',
  config: { scope: 'user:admin', reach: 'account' },
  schema: {
    operationId: 'inviteUser',
    summary: 'Invite a user with a link sent by mail',
    description:
      'Accepts `scopes` or a `preset`. You cannot grant a scope that you do not hold. Without a mail server, the answer contains the link.',
    tags,
    params: Fleet,
    body: NewUser,
    response: answers(User),
  },
})

export const updateUser = route({
  method: 'POST',
  url: '/v1/:fleet/user/:id',
  config: { scope: 'user:admin', reach: 'account' },
  schema: {
    operationId: 'updateUser',
    summary: 'Rename, disable or reset a user, or change its scopes or groups',
    description:
      'You cannot change a user who holds a scope that you do not hold. The last owner can be neither disabled nor demoted (409).',
    tags,
    params: FleetAndId,
    body: UserChange,
    response: answers(User),
  },
})

export const deleteUser = route({
  method: 'DELETE',
  url: '/v1/:fleet/user/:id',
  config: { scope: 'user:admin', reach: 'account' },
  schema: {
    operationId: 'deleteUser',
    summary: 'Remove a user',
    description:
      'Sessions and tokens stop working within a second on every node. The last owner cannot be removed (409). With `erase=true`, name, e-mail address and sessions are erased at ' +
      'once, also from the names in events and in the audit trail, where the entry of the erasure stays.',
    tags,
    params: FleetAndId,
    querystring: ErasureQuery,
    response: answers(User),
  },
})

export const exportUserData = route({
  method: 'GET',
  url: '/v1/:fleet/user/:id/data',
  config: { scope: 'account:owner', reach: 'account', audit: true },
  schema: {
    operationId: 'exportUserData',
    summary: 'Download all that is kept about a user',
    description: 'The user, their sessions, and the entries of the audit trail by and about them.',
    tags,
    params: FleetAndId,
    response: lines,
  },
})

export const getAccount = route({
  method: 'GET',
  url: '/v1/:fleet/account',
  config: { scope: 'user:read', reach: 'account' },
  schema: { operationId: 'getAccount', summary: 'Read the account', tags, params: Fleet, response: answers(Account) },
})

export const updateAccount = route({
  method: 'POST',
  url: '/v1/:fleet/account',
  config: { scope: 'account:owner', reach: 'account' },
  schema: {
    operationId: 'updateAccount',
    summary: 'Set whether all users need a second factor, whether X-Ray needs a reason, or the time zone of mails',
    tags,
    params: Fleet,
    body: AccountChange,
    response: answers(Account),
  },
})
