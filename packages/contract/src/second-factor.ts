import type { Static } from 'typebox'
import * as T from 'typebox'
import { Code, Done, Password, signInTags as tags } from './auth.ts'
import { answers, closed } from './common.ts'
import { route } from './route.ts'

export const TotpEnrollment = T.Object(
  {
    secret: T.String({ description: 'base32, to type in' }),
    uri: T.String({ description: 'otpauth URI, to show as a QR code' }),
  },
  { title: 'TotpEnrollment' },
)
export type TotpEnrollment = Static<typeof TotpEnrollment>

export const RecoveryCodes = T.Object(
  {
    recoveryCodes: T.Array(T.String({ examples: ['k7fqx-2mw9d'] }), {
      description: 'shown only once; each works once',
    }),
  },
  { title: 'RecoveryCodes' },
)
export type RecoveryCodes = Static<typeof RecoveryCodes>

export const enrollTotp = route({
  method: 'POST',
  url: '/auth/totp',
  config: { scope: 'signing-in' },
  schema: {
    operationId: 'enrollTotp',
    summary: 'Start to enroll a second factor',
    description:
      'It takes effect when it is confirmed. An active session of a user with a password must send the password.',
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
    summary: 'Confirm the second factor with a first code',
    description: 'Answers the recovery codes. A session that waited for the second factor becomes active.',
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
    summary: 'Disable the second factor',
    description: 'A 409 if the account requires a second factor.',
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
    summary: 'Replace the recovery codes',
    tags,
    body: closed({ code: Code }, { title: 'RecoveryCodesRenewal' }),
    response: answers(RecoveryCodes),
  },
})
