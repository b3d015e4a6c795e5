import T, { type Static } from 'typebox'
import { answers, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { route } from './route.ts'
import { type Scope, scopes } from './scopes.ts'

/** The sets of scopes that most people are given; any other set is `custom`. */
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

/** The preset that is exactly these scopes, or `custom`. */
export function presetOf(held: readonly Scope[]): Preset | 'custom' {
  const set = new Set(held)
  const isSame = (name: Preset) => presets[name].length === set.size && presets[name].every((scope) => set.has(scope))
  return presetNames.find(isSame) ?? 'custom'
}

/** The form of an e-mail address, as a regular expression. */
export const emailPattern =
  '^[^\\s@\\u0000-\\u001f\\u007f"(),:;<>\\[\\]\\\\]{1,64}@[^\\s@\\u0000-\\u001f\\u007f"(),:;<>\\[\\]\\\\]{1,189}$'

/** What to say of a text that is no e-mail address. */
const emailFault = 'must be an e-mail address, such as ada@example.com'

/** An e-mail address; compared without regard to letter case. */
export const Email = T.String({
  pattern: emailPattern,
  fault: emailFault,
  description: 'e-mail address, in any letter case',
  examples: ['ada@example.com'],
})

const name = text(100, { description: 'how the person is called', examples: ['Ada Lovelace'] })
const scopeWords = T.Array(
  T.String({ maxLength: 40, description: 'a scope, in any letter case', examples: ['fleet:read'] }),
  { minItems: 1, maxItems: 100, fault: 'choose at least one scope', description: 'in place of a preset' },
)
const preset = T.Enum(presetNames, { description: 'a usual set of scopes, in place of `scopes`' })

export const User = T.Object(
  {
    id: T.String(),
    email: T.String({ examples: ['ada@example.com'] }),
    name: T.Optional(name),
    state: T.Enum(['invited', 'active', 'disabled']),
    scopes: T.Array(T.Enum(scopes)),
    hasTotp: T.Boolean({ description: 'whether signing in takes a second factor' }),
    createdAt: Time,
    joinedAt: T.Optional(Time),
    lastSignInAt: T.Optional(Time),
    self: Self,
    link: T.Optional(
      T.String({
        description:
          'the link of an invitation or a new password, to be handed over; only in the answer that makes it, and only where the server sends no mail',
      }),
    ),
  },
  { title: 'User' },
)
export type User = Static<typeof User>

export const NewUser = closed(
  { email: Email, name: T.Optional(name), scopes: T.Optional(scopeWords), preset: T.Optional(preset) },
  { title: 'NewUser' },
)
export type NewUser = Static<typeof NewUser>

export const UserChange = closed(
  {
    name: T.Optional(name),
    scopes: T.Optional(scopeWords),
    preset: T.Optional(preset),
    disabled: T.Optional(T.Boolean({ description: 'a disabled user keeps everything and can do nothing' })),
    reset: T.Optional(
      T.Array(T.Enum(['password', 'totp']), {
        minItems: 1,
        maxItems: 2,
        description:
          '`password`: sessions and tokens end, and a new link is sent (to one who has not joined: the invitation again); `totp`: the second factor is taken away',
      }),
    ),
  },
  { title: 'UserChange', minProperties: 1 },
)
export type UserChange = Static<typeof UserChange>

export const Account = T.Object(
  {
    id: T.String(),
    name: T.String({ examples: ['default'] }),
    totpRequired: T.Boolean({ description: 'whoever has no second factor must enrol one when signing in' }),
    createdAt: Time,
    self: Self,
  },
  { title: 'Account' },
)
export type Account = Static<typeof Account>

export const AccountChange = closed({ totpRequired: T.Boolean() }, { title: 'AccountChange' })
export type AccountChange = Static<typeof AccountChange>

const tags = ['Users']

export const listUsers = route({
  method: 'GET',
  url: '/v1/:fleet/user',
  config: { scope: 'user:read' },
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
  config: { scope: 'user:read' },
  schema: { operationId: 'getUser', summary: 'Read a user', tags, params: FleetAndId, response: answers(User) },
})

export const inviteUser = route({
  method: 'POST',
  url: '/v1/:fleet/user',
  config: { scope: 'user:admin' },
  schema: {
    operationId: 'inviteUser',
    summary: 'Invite a user by a link that is mailed',
    description:
      'Takes `scopes` or a `preset`. Nobody can give scopes that they lack. Without a mail server the answer carries the link.',
    tags,
    params: Fleet,
    body: NewUser,
    response: answers(User),
  },
})

export const updateUser = route({
  method: 'POST',
  url: '/v1/:fleet/user/:id',
  config: { scope: 'user:admin' },
  schema: {
    operationId: 'updateUser',
    summary: "Change a user's name or scopes, disable, or reset",
    description:
      'Nobody can change a user who holds scopes that they lack. The last owner can be neither disabled nor demoted: a 409.',
    tags,
    params: FleetAndId,
    body: UserChange,
    response: answers(User),
  },
})

export const deleteUser = route({
  method: 'DELETE',
  url: '/v1/:fleet/user/:id',
  config: { scope: 'user:admin' },
  schema: {
    operationId: 'deleteUser',
    summary: 'Remove a user',
    description: 'Sessions and tokens stop within a second, on every node. The last owner stays: a 409.',
    tags,
    params: FleetAndId,
    response: answers(User),
  },
})

export const getAccount = route({
  method: 'GET',
  url: '/v1/:fleet/account',
  config: { scope: 'user:read' },
  schema: { operationId: 'getAccount', summary: 'Read the account', tags, params: Fleet, response: answers(Account) },
})

export const updateAccount = route({
  method: 'POST',
  url: '/v1/:fleet/account',
  config: { scope: 'account:owner' },
  schema: {
    operationId: 'updateAccount',
    summary: 'Require a second factor of everybody, or no longer',
    tags,
    params: Fleet,
    body: AccountChange,
    response: answers(Account),
  },
})
