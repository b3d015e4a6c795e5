import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, bare, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { maxWrittenLength } from './identifiers.ts'
import { route } from './route.ts'

const note = text(300, { description: 'what the token is for' })
const maxUses = T.Integer({
  minimum: 1,
  maximum: 1_000_000_000,
  description: 'how many devices may enroll with it; unlimited when absent',
})

const allowTakeover = T.Boolean({
  description: 'whether a device may replace a known device with the same serial number and another IMEI',
})

/** For which agents a token is. Source: docs/contract.md §6. */
export const enrollmentKinds = ['mason', 'headwind', 'mdmesh'] as const
export type EnrollmentKind = (typeof enrollmentKinds)[number]

const kind = T.Enum(enrollmentKinds, {
  default: 'mason',
  description: 'the agent that enrolls: of the platform (`mason`), or the stock agent of Headwind MDM or MDMesh',
})

/** Where a device gets the APK of its agent: from a URL, or a version of it in the registry. */
const AgentApk = T.Union([
  closed({
    url: T.String({
      pattern: '^https?://[!-~]{1,2000}$',
      fault: 'must be an http or https URL',
      maxLength: 2000,
      examples: ['https://h-mdm.com/files/hmdm-6.36-os.apk'],
    }),
    checksum: T.String({
      pattern: '^[A-Za-z0-9_-]{43}=?$',
      fault: 'must be a SHA-256 in url-safe Base64',
      examples: ['47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
    }),
    checksumOf: T.Optional(
      T.Enum(['file', 'certificate'], {
        description: 'what `checksum` is of; by default the file of Headwind’s agent, and the certificate of MDMesh’s',
      }),
    ),
  }),
  closed({ version: text(200, { description: 'a version of the agent in the registry', examples: ['15360'] }) }),
])
export type AgentApk = Static<typeof AgentApk>

const SetUpWifi = closed(
  {
    ssid: text(32),
    password: T.Optional(text(63)),
    security: T.Optional(T.Enum(['NONE', 'WPA', 'WEP', 'EAP'])),
  },
  { description: 'the Wi-Fi that the device joins to set itself up; it is part of `qr` and not kept' },
)
export type SetUpWifi = Static<typeof SetUpWifi>

export const Enrollment = T.Object(
  {
    id: T.String(),
    self: Self,
    group: T.String({ description: 'group of new devices' }),
    expiresAt: T.Optional(Time),
    maxUses: T.Optional(maxUses),
    uses: T.Integer({ minimum: 0, description: 'devices enrolled with it so far' }),
    note: T.Optional(note),
    kind,
    allowTakeover: T.Optional(allowTakeover),
    createdAt: Time,
    token: T.Optional(T.String({ description: 'the secret; only in the answer that creates it' })),
    qr: T.Optional(
      T.String({
        description:
          "payload of an Android device owner's QR code; only in the answer that creates it, and only if an Android agent is configured",
      }),
    ),
    qrMissing: T.Optional(
      T.Array(T.String({ examples: ['ANDROID_AGENT_URL'] }), {
        description: 'the settings or members that are missing for `qr`; only in the answer that creates it',
      }),
    ),
    setup: T.Optional(
      T.Object(
        { server: T.String({ description: 'what is typed into the agent as its server' }) },
        { description: 'for a set-up by hand; only in the answer that creates a token for the agents of others' },
      ),
    ),
  },
  { title: 'Enrollment' },
)
export type Enrollment = Static<typeof Enrollment>

export const NewEnrollment = closed(
  {
    group: T.Optional(text(300, { description: 'group of new devices; `unassigned` when absent' })),
    expiresAt: T.Optional(Time),
    maxUses: T.Optional(maxUses),
    note: T.Optional(note),
    allowTakeover: T.Optional(allowTakeover),
    kind: T.Optional(kind),
    apk: T.Optional(AgentApk),
    wifi: T.Optional(SetUpWifi),
  },
  { title: 'NewEnrollment' },
)
export type NewEnrollment = Static<typeof NewEnrollment>

const asciiWords = 'must have 1 to 100 printable ASCII characters, without a space at either end'

/**
 * The request with which a device enrolls. Unknown members are ignored, so that a newer agent can enroll with an older
 * server. Source: docs/contract.md §6.
 */
export const EnrollRequest = T.Object(
  {
    token: text(200, { description: 'an enrollment token' }),
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
    name: T.Optional(text(200, { description: 'name until it is renamed; the serial number when absent' })),
    bootId: text(100, { description: 'changes at every boot' }),
    kind: T.Optional(
      T.Enum(['mason-linux', 'simulated'], {
        default: 'mason-linux',
        description: 'the program that enrolls; it decides what the device can do',
      }),
    ),
  },
  { title: 'EnrollRequest' },
)
export type EnrollRequest = Static<typeof EnrollRequest>

/** The credential of a device: HTTP Basic with user = id and password = secret. Source: docs/contract.md §6. */
export const EnrollAnswer = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    secret: T.String(),
    mqtt: T.Optional(T.Object({ url: T.String() })),
    checkinSeconds: T.Integer({ description: 'seconds between check-ins' }),
  },
  { title: 'EnrollAnswer' },
)
export type EnrollAnswer = Static<typeof EnrollAnswer>

const tags = ['Enrollment']

export const listEnrollments = route({
  method: 'GET',
  url: '/v1/:fleet/enrollment',
  config: { scope: 'fleet:admin', reach: 'groups' },
  schema: {
    operationId: 'listEnrollments',
    summary: 'List enrollment tokens',
    tags,
    params: Fleet,
    querystring: pageQuery({}),
    response: pages(Enrollment),
  },
})

export const getEnrollment = route({
  method: 'GET',
  url: '/v1/:fleet/enrollment/:id',
  config: { scope: 'fleet:admin', reach: 'groups' },
  schema: {
    operationId: 'getEnrollment',
    summary: 'Read an enrollment token (never its secret)',
    tags,
    params: FleetAndId,
    response: answers(Enrollment),
  },
})

export const createEnrollment = route({
  method: 'POST',
  url: '/v1/:fleet/enrollment',
  config: { scope: 'fleet:admin', reach: 'groups' },
  schema: {
    operationId: 'createEnrollment',
    summary: 'Create an enrollment token',
    description: 'Only this answer contains `token` and, if an Android agent is configured, `qr`.',
    tags,
    params: Fleet,
    body: NewEnrollment,
    response: answers(Enrollment),
  },
})

export const deleteEnrollment = route({
  method: 'DELETE',
  url: '/v1/:fleet/enrollment/:id',
  config: { scope: 'fleet:admin', reach: 'groups' },
  schema: {
    operationId: 'deleteEnrollment',
    summary: 'Delete an enrollment token',
    description: 'Devices that enrolled with it stay enrolled.',
    tags,
    params: FleetAndId,
    response: answers(Enrollment),
  },
})

export const enroll = route({
  method: 'POST',
  url: '/agent/v1/enroll',
  config: { scope: 'public', audit: false },
  schema: {
    operationId: 'enroll',
    summary: 'Enroll a device',
    description:
      'A serial number that enrolls again keeps its id, name, group and history; its old secret becomes invalid. A serial number that many devices share, such as `unknown`, is a 400; a serial number known with another IMEI is a 409 unless the token has `allowTakeover`.',
    tags: ['Device side'],
    body: EnrollRequest,
    response: bare(EnrollAnswer),
  },
})
