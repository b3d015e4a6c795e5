import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, closed, Self, Time, text } from './common.ts'
import { Preferences } from './preferences.ts'
import { route } from './route.ts'
import { Email, User } from './user.ts'

/** A new password: 8 to 200 characters after NFKC normalization, neither common nor one of the last five. */
const NewPassword = T.String({
  minLength: 1,
  maxLength: 400,
  description: '8 to 200 characters; common passwords and the last five are refused',
  examples: ['correct horse battery staple'],
})
/** A current password. */
export const Password = T.String({ minLength: 1, maxLength: 400, description: 'the current password' })
/** A code of the second factor. */
export const Code = T.String({
  minLength: 1,
  maxLength: 40,
  description: 'the six digits that the authenticator app shows, or a recovery code',
  examples: ['492039'],
})
const Token = T.String({ minLength: 1, maxLength: 200, description: 'the part of the link after #' })
const SessionId = T.Object({
  id: T.String({ description: 'the id', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }),
})

/** The states of a session: signed in, or waiting for the second factor. */
export const sessionStates = ['active', 'totpRequired', 'totpEnrollmentRequired'] as const

/** The error codes with which a browser returns from an identity provider, as `/sign-in?error=<code>`, and their messages. */
export const oidcFailures = {
  'oidc-expired': 'Signing in took too long or was started in another browser. Start again.',
  'oidc-unknown': 'There is no user with this address. Ask for an invitation.',
  'oidc-failed': 'The identity provider could not be reached. Try again.',
} as const

export const CurrentSession = T.Object(
  {
    id: T.String(),
    state: T.Enum([...sessionStates], {
      description:
        '`totpRequired`: send a code to /auth/sign-in/totp; `totpEnrollmentRequired`: enroll and confirm a second factor first',
    }),
    user: T.Object(User.properties, { description: 'who signed in' }),
    account: T.Object({
      id: T.String(),
      name: T.String(),
      totpRequired: T.Boolean(),
      xrayReasonRequired: T.Boolean(),
      xrayShellsRecorded: T.Boolean(),
      isOperator: T.Boolean({
        description: "whether it is the platform's first account, which sees its nodes and metrics",
      }),
    }),
    preferences: Preferences,
    expiresAt: T.String({ format: 'date-time', description: 'when it ends, even if it is in use' }),
    createdAt: Time,
  },
  { title: 'CurrentSession' },
)
export type CurrentSession = Static<typeof CurrentSession>

export const Session = T.Object(
  {
    id: T.String(),
    isCurrent: T.Boolean({ description: 'whether it is the session of this request' }),
    address: T.String({ description: 'IP address of the sign-in' }),
    userAgent: T.Optional(T.String()),
    createdAt: Time,
    lastUsedAt: Time,
    expiresAt: Time,
    self: Self,
  },
  { title: 'Session' },
)
export type Session = Static<typeof Session>

export const SignInMethods = T.Object(
  {
    password: T.Boolean(),
    mail: T.Boolean({ description: 'whether the server can mail links to reset passwords' }),
    isNew: T.Optional(
      T.Boolean({ description: "nobody has signed in yet: the first start has printed the owner's password" }),
    ),
    oidc: T.Optional(
      T.Object({
        label: T.String({ description: 'the name of the identity provider' }),
        url: T.String({
          description: 'where the browser starts the sign-in; accepts `returnTo`',
          examples: ['/auth/oidc/start'],
        }),
      }),
    ),
  },
  { title: 'SignInMethods' },
)
export type SignInMethods = Static<typeof SignInMethods>

export const SignIn = closed(
  {
    email: Email,
    password: Password,
    account: T.Optional(
      text(63, {
        description: 'the account, for an address that is a user of several accounts',
        examples: ['default'],
      }),
    ),
  },
  { title: 'SignIn' },
)
export type SignIn = Static<typeof SignIn>

export const Link = T.Object(
  {
    kind: T.Enum(['invitation', 'reset']),
    email: T.String(),
    account: T.String({ description: 'name of the account' }),
    expiresAt: Time,
  },
  { title: 'Link' },
)
export type Link = Static<typeof Link>

export const LinkAcceptance = closed(
  {
    token: Token,
    password: NewPassword,
    name: T.Optional(text(100, { description: 'full name of the user', examples: ['Ada Lovelace'] })),
  },
  { title: 'LinkAcceptance' },
)
export type LinkAcceptance = Static<typeof LinkAcceptance>

export const PasswordChange = closed(
  { currentPassword: Password, newPassword: NewPassword },
  { title: 'PasswordChange' },
)
export type PasswordChange = Static<typeof PasswordChange>

/** The answer of an action without a result. */
export const Done = T.Object({ done: T.Boolean() }, { title: 'Done' })
/** The OpenAPI tags of the routes that sign users in. */
export const signInTags = ['Signing in']

export const getSignInMethods = route({
  method: 'GET',
  url: '/auth/methods',
  config: { scope: 'public' },
  schema: {
    operationId: 'getSignInMethods',
    summary: 'Read how users can sign in',
    tags: signInTags,
    response: answers(SignInMethods),
  },
})

export const signIn = route({
  method: 'POST',
  url: '/auth/sign-in',
  config: { scope: 'public' },
  schema: {
    operationId: 'signIn',
    summary: 'Sign in with a password',
    description:
      'Sets a session cookie (HttpOnly, SameSite=Strict). If the state of the session is not `active`, a second step must follow. Unknown addresses and wrong passwords get the same 401; too many attempts get a 429.',
    tags: signInTags,
    body: SignIn,
    response: answers(CurrentSession),
  },
})

export const signInByTotp = route({
  method: 'POST',
  url: '/auth/sign-in/totp',
  config: { scope: 'signing-in' },
  schema: {
    operationId: 'signInByTotp',
    summary: 'Complete the sign-in with a code of the authenticator app or a recovery code',
    tags: signInTags,
    body: closed({ code: Code }, { title: 'SecondStep' }),
    response: answers(CurrentSession),
  },
})

export const signOut = route({
  method: 'POST',
  url: '/auth/sign-out',
  config: { scope: 'public' },
  schema: {
    operationId: 'signOut',
    summary: 'Sign out',
    description: 'Ends this session. It succeeds without a session as well, so that it can be repeated.',
    tags: signInTags,
    response: answers(Done),
  },
})

export const getCurrentSession = route({
  method: 'GET',
  url: '/auth/session',
  config: { scope: 'signing-in' },
  schema: {
    operationId: 'getCurrentSession',
    summary: 'Read the current session with its user, scopes and account',
    tags: signInTags,
    response: answers(CurrentSession),
  },
})

export const listSessions = route({
  method: 'GET',
  url: '/auth/sessions',
  config: { scope: 'session' },
  schema: {
    operationId: 'listSessions',
    summary: 'List your own sessions, newest first',
    tags: signInTags,
    response: answers(Session),
  },
})

export const revokeSession = route({
  method: 'DELETE',
  url: '/auth/sessions/:id',
  config: { scope: 'session' },
  schema: {
    operationId: 'revokeSession',
    summary: 'End one of your own sessions',
    description: 'It stops working within a second on every node.',
    tags: signInTags,
    params: SessionId,
    response: answers(Session),
  },
})

export const changePassword = route({
  method: 'POST',
  url: '/auth/password',
  config: { scope: 'session' },
  schema: {
    operationId: 'changePassword',
    summary: 'Change your own password',
    description: 'Ends all other sessions and all tokens of the user.',
    tags: signInTags,
    body: PasswordChange,
    response: answers(CurrentSession),
  },
})

export const forgotPassword = route({
  method: 'POST',
  url: '/auth/password/forgotten',
  config: { scope: 'public', audit: false },
  schema: {
    operationId: 'forgotPassword',
    summary: 'Request a link to reset a password',
    description:
      'The answer is the same whether or not the user exists. Without a mail server, an administrator must reset the password.',
    tags: signInTags,
    body: closed({ email: Email }, { title: 'ForgottenPassword' }),
    response: answers(Done),
  },
})

export const readLink = route({
  method: 'POST',
  url: '/auth/link',
  config: { scope: 'public', audit: false },
  schema: {
    operationId: 'readLink',
    summary: 'Read what a link is for',
    tags: signInTags,
    body: closed({ token: Token }, { title: 'LinkToken' }),
    response: answers(Link),
  },
})

export const acceptLink = route({
  method: 'POST',
  url: '/auth/link/accept',
  config: { scope: 'public' },
  schema: {
    operationId: 'acceptLink',
    summary: 'Accept an invitation or reset a password with a single-use link',
    description: 'Signs the user in, as /auth/sign-in does.',
    tags: signInTags,
    body: LinkAcceptance,
    response: answers(CurrentSession),
  },
})
