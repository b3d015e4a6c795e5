import T, { type Static } from 'typebox'
import { answers, closed, Self, Time, text } from './common.ts'
import { route } from './route.ts'
import { Email, User } from './user.ts'

/** A password to be set: 8 to 200 characters after NFKC, neither common nor one of the last five. */
const NewPassword = T.String({
  minLength: 1,
  maxLength: 400,
  description: '8 to 200 characters; common passwords and the last five are refused',
  examples: ['correct horse battery staple'],
})
const Password = T.String({ minLength: 1, maxLength: 400, description: 'the password as it is' })
const Code = T.String({
  minLength: 1,
  maxLength: 40,
  description: 'the six digits that the authenticator app shows, or a recovery code',
  examples: ['492039'],
})
const Token = T.String({ minLength: 1, maxLength: 200, description: 'what stands behind the # of the link' })
const SessionId = T.Object({
  id: T.String({ description: 'the id', examples: ['0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11'] }),
})

/** How far a sign-in has come. */
export const sessionStates = ['active', 'totpRequired', 'totpEnrollmentRequired'] as const

/** What a browser comes back with from an identity provider, as `/sign-in?error=<code>`, and what it means to a person. */
export const oidcFailures = {
  'oidc-expired': 'Signing in took too long, or was begun in another browser: begin again',
  'oidc-unknown': 'Nobody here has that address: ask for an invitation',
  'oidc-failed': 'The identity provider could not be asked: try again',
} as const

export const CurrentSession = T.Object(
  {
    id: T.String(),
    state: T.Enum([...sessionStates], {
      description:
        '`totpRequired`: send a code to /auth/sign-in/totp; `totpEnrollmentRequired`: enrol and confirm a second factor first',
    }),
    user: T.Object(User.properties, { description: 'who signed in' }),
    account: T.Object({ id: T.String(), name: T.String(), totpRequired: T.Boolean() }),
    expiresAt: T.String({ format: 'date-time', description: 'when it ends even if it is used' }),
    createdAt: Time,
  },
  { title: 'CurrentSession' },
)
export type CurrentSession = Static<typeof CurrentSession>

export const Session = T.Object(
  {
    id: T.String(),
    isCurrent: T.Boolean({ description: 'whether it is the one that asks' }),
    address: T.String({ description: 'where it was begun' }),
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
    mail: T.Boolean({ description: 'whether forgotten passwords are answered by mail' }),
    isNew: T.Optional(
      T.Boolean({ description: 'nobody has ever signed in: the first start has printed the password of the owner' }),
    ),
    oidc: T.Optional(
      T.Object({
        label: T.String({ description: 'the name of the identity provider' }),
        url: T.String({
          description: 'where a browser goes to sign in; takes `returnTo`',
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
      text(63, { description: 'the account, for an address that is a user of several', examples: ['default'] }),
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
    name: T.Optional(text(100, { description: 'how the person is called', examples: ['Ada Lovelace'] })),
  },
  { title: 'LinkAcceptance' },
)
export type LinkAcceptance = Static<typeof LinkAcceptance>

export const PasswordChange = closed(
  { currentPassword: Password, newPassword: NewPassword },
  { title: 'PasswordChange' },
)
export type PasswordChange = Static<typeof PasswordChange>

export const TotpEnrollment = T.Object(
  {
    secret: T.String({ description: 'base32, to be typed' }),
    uri: T.String({ description: 'otpauth URI, to be shown as a QR code' }),
  },
  { title: 'TotpEnrollment' },
)
export type TotpEnrollment = Static<typeof TotpEnrollment>

export const RecoveryCodes = T.Object(
  { recoveryCodes: T.Array(T.String({ examples: ['k7fqx-2mw9d'] }), { description: 'shown once; each works once' }) },
  { title: 'RecoveryCodes' },
)
export type RecoveryCodes = Static<typeof RecoveryCodes>

const Done = T.Object({ done: T.Boolean() }, { title: 'Done' })
const tags = ['Signing in']

export const getSignInMethods = route({
  method: 'GET',
  url: '/auth/methods',
  config: { scope: 'public' },
  schema: {
    operationId: 'getSignInMethods',
    summary: 'How people sign in here',
    tags,
    response: answers(SignInMethods),
  },
})

export const signIn = route({
  method: 'POST',
  url: '/auth/sign-in',
  config: { scope: 'public' },
  schema: {
    operationId: 'signIn',
    summary: 'Sign in by password',
    description:
      'Sets the cookie of a session (HttpOnly, SameSite=Strict). Where its state is not `active`, a second step comes first. Unknown addresses and wrong passwords get the same 401; too many of them a 429.',
    tags,
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
    summary: 'The second step: a code of the authenticator app, or a recovery code',
    tags,
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
    summary: 'End this session',
    description: 'Succeeds without a session too, so that it can be sent twice.',
    tags,
    response: answers(Done),
  },
})

export const getCurrentSession = route({
  method: 'GET',
  url: '/auth/session',
  config: { scope: 'signing-in' },
  schema: {
    operationId: 'getCurrentSession',
    summary: 'Who is signed in, with scopes and account',
    tags,
    response: answers(CurrentSession),
  },
})

export const listSessions = route({
  method: 'GET',
  url: '/auth/sessions',
  config: { scope: 'session' },
  schema: {
    operationId: 'listSessions',
    summary: "List one's own sessions, newest first",
    tags,
    response: answers(Session),
  },
})

export const revokeSession = route({
  method: 'DELETE',
  url: '/auth/sessions/:id',
  config: { scope: 'session' },
  schema: {
    operationId: 'revokeSession',
    summary: "End one of one's own sessions",
    description: 'It stops within a second, on every node.',
    tags,
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
    summary: "Change one's own password",
    description: 'All other sessions and all tokens of the user end.',
    tags,
    body: PasswordChange,
    response: answers(CurrentSession),
  },
})

export const forgotPassword = route({
  method: 'POST',
  url: '/auth/password/forgotten',
  config: { scope: 'public' },
  schema: {
    operationId: 'forgotPassword',
    summary: 'Ask for a link to set a new password',
    description:
      'The same answer whether there is such a user or not. Needs a mail server; without one an admin resets.',
    tags,
    body: closed({ email: Email }, { title: 'ForgottenPassword' }),
    response: answers(Done),
  },
})

export const readLink = route({
  method: 'POST',
  url: '/auth/link',
  config: { scope: 'public' },
  schema: {
    operationId: 'readLink',
    summary: 'What a link is for',
    tags,
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
    summary: 'Join, or set a new password, by a link that works once',
    description: 'Signs in as /auth/sign-in does.',
    tags,
    body: LinkAcceptance,
    response: answers(CurrentSession),
  },
})

export const enrollTotp = route({
  method: 'POST',
  url: '/auth/totp',
  config: { scope: 'signing-in' },
  schema: {
    operationId: 'enrollTotp',
    summary: 'Begin to enrol a second factor',
    description: 'It counts once it is confirmed. An active session of a user with a password must send the password.',
    tags,
    body: closed({ password: T.Optional(Password) }, { title: 'TotpStart' }),
    response: answers(TotpEnrollment),
  },
})

export const confirmTotp = route({
  method: 'POST',
  url: '/auth/totp/confirm',
  config: { scope: 'signing-in' },
  schema: {
    operationId: 'confirmTotp',
    summary: 'Confirm the second factor by a first code',
    description: 'Answers the recovery codes. A session that waited for this is active from then on.',
    tags,
    body: closed({ code: Code }, { title: 'TotpConfirmation' }),
    response: answers(RecoveryCodes),
  },
})

export const disableTotp = route({
  method: 'POST',
  url: '/auth/totp/disable',
  config: { scope: 'session' },
  schema: {
    operationId: 'disableTotp',
    summary: 'Give the second factor up',
    description: 'A 409 where the account requires one.',
    tags,
    body: closed({ code: Code }, { title: 'TotpEnd' }),
    response: answers(Done),
  },
})

export const renewRecoveryCodes = route({
  method: 'POST',
  url: '/auth/totp/recovery-codes',
  config: { scope: 'session' },
  schema: {
    operationId: 'renewRecoveryCodes',
    summary: 'New recovery codes in place of the old ones',
    tags,
    body: closed({ code: Code }, { title: 'RecoveryCodesRenewal' }),
    response: answers(RecoveryCodes),
  },
})
