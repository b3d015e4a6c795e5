import T, { type Static } from 'typebox'
import { answers, bare, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { maxWrittenLength } from './identifiers.ts'
import { route } from './route.ts'

const note = text(300, { description: 'what the token is for' })
const maxUses = T.Integer({
  minimum: 1,
  maximum: 1_000_000_000,
  description: 'how many devices may enrol with it; unlimited when absent',
})

const allowTakeover = T.Boolean({
  description: 'whether a device may take the place of one that is known with the same serial number and another IMEI',
})

export const Enrollment = T.Object(
  {
    id: T.String(),
    self: Self,
    group: T.String({ description: 'where new devices go' }),
    expiresAt: T.Optional(Time),
    maxUses: T.Optional(maxUses),
    uses: T.Integer({ minimum: 0, description: 'devices enrolled with it so far' }),
    note: T.Optional(note),
    allowTakeover: T.Optional(allowTakeover),
    createdAt: Time,
    token: T.Optional(T.String({ description: 'the secret; only in the answer that creates it' })),
    qr: T.Optional(
      T.String({
        description:
          "payload of an Android device owner's QR code; only in the answer that creates it, and only where an Android agent is configured",
      }),
    ),
    qrMissing: T.Optional(
      T.Array(T.String({ examples: ['ANDROID_AGENT_URL'] }), {
        description: 'the settings that are missing for `qr`; only in the answer that creates it',
      }),
    ),
  },
  { title: 'Enrollment' },
)
export type Enrollment = Static<typeof Enrollment>

export const NewEnrollment = closed(
  {
    group: T.Optional(text(300, { description: 'where new devices go; `unassigned` when absent' })),
    expiresAt: T.Optional(Time),
    maxUses: T.Optional(maxUses),
    note: T.Optional(note),
    allowTakeover: T.Optional(allowTakeover),
  },
  { title: 'NewEnrollment' },
)
export type NewEnrollment = Static<typeof NewEnrollment>

const asciiWords = 'must have 1 to 100 printable ASCII characters, without a space at either end'

/**
 * What a device sends once to join. Members that this server does not know are ignored: a newer agent must be able to enroll
 * with an older server.
 */
export const EnrollRequest = T.Object(
  {
    token: text(200, { description: 'an enrolment token' }),
    serialnumber: T.String({
      pattern: '^[!-~]([ -~]{0,98}[!-~])?$',
      fault: asciiWords,
      description: 'printable ASCII',
      examples: ['MSN450-000123'],
    }),
    imei: T.Optional(
      T.String({
        format: 'imei',
        maxLength: maxWrittenLength,
        description: '15 digits',
        examples: ['356938035643809'],
      }),
    ),
    family: T.String({
      pattern: '^[!-~]([ -~]{0,98}[!-~])?$',
      fault: asciiWords,
      description: 'hardware family',
      examples: ['D450'],
    }),
    name: T.Optional(text(200, { description: 'first name; the serial number when absent' })),
    bootId: text(100, { description: 'changes at every boot' }),
  },
  { title: 'EnrollRequest' },
)
export type EnrollRequest = Static<typeof EnrollRequest>

/** The credential that a device keeps: HTTP Basic with user = id and password = secret. */
export const EnrollAnswer = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    secret: T.String(),
    mqtt: T.Optional(T.Object({ url: T.String() })),
    checkinSeconds: T.Integer({ description: 'how often to check in' }),
  },
  { title: 'EnrollAnswer' },
)
export type EnrollAnswer = Static<typeof EnrollAnswer>

const tags = ['Enrolment']

export const listEnrollments = route({
  method: 'GET',
  url: '/v1/:fleet/enrollment',
  config: { scope: 'fleet:admin' },
  schema: {
    operationId: 'listEnrollments',
    summary: 'List enrolment tokens',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(Enrollment),
  },
})

export const getEnrollment = route({
  method: 'GET',
  url: '/v1/:fleet/enrollment/:id',
  config: { scope: 'fleet:admin' },
  schema: {
    operationId: 'getEnrollment',
    summary: 'Read an enrolment token (never its secret)',
    tags,
    params: FleetAndId,
    response: answers(Enrollment),
  },
})

export const createEnrollment = route({
  method: 'POST',
  url: '/v1/:fleet/enrollment',
  config: { scope: 'fleet:admin' },
  schema: {
    operationId: 'createEnrollment',
    summary: 'Create an enrolment token',
    description: 'The answer alone carries `token` and, where an Android agent is configured, `qr`.',
    tags,
    params: Fleet,
    body: NewEnrollment,
    response: answers(Enrollment),
  },
})

export const deleteEnrollment = route({
  method: 'DELETE',
  url: '/v1/:fleet/enrollment/:id',
  config: { scope: 'fleet:admin' },
  schema: {
    operationId: 'deleteEnrollment',
    summary: 'Delete an enrolment token',
    description: 'Devices that enrolled with it stay enrolled.',
    tags,
    params: FleetAndId,
    response: answers(Enrollment),
  },
})

export const enroll = route({
  method: 'POST',
  url: '/agent/v1/enroll',
  config: { scope: 'public' },
  schema: {
    operationId: 'enroll',
    summary: 'Join the fleet',
    description:
      'The same serial number enrolling again keeps id, name, group and history; its old secret dies. A serial number that many devices share, such as `unknown`, is a 400; one that is known with another IMEI is a 409 unless the token has `allowTakeover`.',
    tags: ['Device side'],
    body: EnrollRequest,
    response: bare(EnrollAnswer),
  },
})
