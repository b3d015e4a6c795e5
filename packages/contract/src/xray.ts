import type { Static } from 'typebox'
import * as T from 'typebox'
import { ActorName, answers, Bytes, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { route } from './route.ts'

/** What a device may offer over X-Ray: its ADB daemon, its VNC server. Source: docs/contract.md §10. */
export const xrayServices = ['adb', 'vnc'] as const
export type XrayService = (typeof xrayServices)[number]

const service = T.Enum(xrayServices, { description: 'the port of the device that is reached' })

/** What a device offers over X-Ray, as it reports it. */
export const OfferedXray = T.Array(service, { maxItems: 2, description: 'what the device offers over X-Ray' })

/** That somebody waits for a device: it connects to `/agent/v1/xray/{session}`. Source: docs/contract.md §10. */
export const XrayCall = T.Object({ session: T.String({ format: 'uuid' }), service }, { title: 'XrayCall' })
export type XrayCall = Static<typeof XrayCall>

const reason = text(300, { description: 'why, for the audit trail', examples: ['Ticket 4711: the till prints twice'] })

/** What a browser asks for, to open a session without headers. */
export const NewXrayTicket = closed({ service, reason: T.Optional(reason) }, { title: 'NewXrayTicket' })
export type NewXrayTicket = Static<typeof NewXrayTicket>

export const XrayTicket = T.Object(
  {
    id: T.String({ format: 'uuid', description: 'the id of the session that it opens' }),
    ticket: T.String({ description: 'shown once; opens one session' }),
    url: T.String({ description: 'address of the WebSocket, with the ticket' }),
    expiresAt: Time,
  },
  { title: 'XrayTicket' },
)

const count = T.Integer({ minimum: 0 })

/** What one shell of a session showed. */
export const XrayRecording = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    beganAt: Time,
    durationMs: { ...count, description: 'milliseconds from its beginning to what was shown last' },
    bytes: { ...Bytes, description: 'bytes of the file' },
  },
  { title: 'XrayRecording' },
)
export type XrayRecording = Static<typeof XrayRecording>

export const XraySession = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    actor: ActorName,
    device: T.String({ format: 'uuid', description: 'id of the device' }),
    deviceName: T.Optional(T.String({ description: 'absent once the device has left the fleet' })),
    service,
    reason: T.Optional(reason),
    address: T.String({ description: 'where the client connects from' }),
    bytesUp: { ...Bytes, description: 'bytes from the client to the device' },
    bytesDown: { ...Bytes, description: 'bytes from the device to the client' },
    latencyMs: T.Optional(T.Integer({ minimum: 0, description: 'milliseconds to the device and back, of late' })),
    beganAt: Time,
    attachedAt: T.Optional({ ...Time, description: 'when the device was there' }),
    idleMinutes: { ...count, description: 'the session ends when nothing has passed for so many minutes' },
    endsAt: T.Optional({ ...Time, description: 'of an open session, when it ends at the latest' }),
    takeOver: T.Optional(
      T.Object(
        { actor: ActorName, at: Time },
        { description: 'who asks whoever is on the device to leave it to them' },
      ),
    ),
    endedAt: T.Optional(Time),
    endReason: T.Optional(T.String({ examples: ['the client left'] })),
    recorded: T.Boolean({ description: 'whether what its shells show is recorded' }),
    recordings: T.Optional(T.Array(XrayRecording, { description: 'one for each shell that has shown something' })),
  },
  { title: 'XraySession' },
)
export type XraySession = Static<typeof XraySession>

export const XrayQuery = pageQuery({
  device: T.Optional(T.String({ format: 'uuid', description: 'of this device' })),
  open: T.Optional(T.Boolean({ description: 'true: only those that are open' })),
})
export type XrayQuery = Static<typeof XrayQuery>

/** What may be said to an open session. */
export const XrayChange = closed(
  {
    takeOver: T.Boolean({
      description: 'true asks whoever is on the device to leave it; false withdraws that, or declines it',
    }),
  },
  { title: 'XrayChange' },
)
export type XrayChange = Static<typeof XrayChange>

const tags = ['X-Ray']
const scope = 'xray:admin'

export const createXrayTicket = route({
  method: 'POST',
  url: '/v1/:fleet/device/:id/xray',
  config: { scope, reach: 'groups' },
  schema: {
    operationId: 'createXrayTicket',
    summary: 'Ask for a ticket that opens an X-Ray session from a browser',
    description:
      'The ticket is good for 30 seconds and one session with this device and service. A 410 when the device does not offer the service, a 429 while somebody is on the device.',
    tags,
    params: FleetAndId,
    body: NewXrayTicket,
    response: answers(XrayTicket),
  },
})

export const listXraySessions = route({
  method: 'GET',
  url: '/v1/:fleet/xray',
  config: { scope, reach: 'groups' },
  schema: {
    operationId: 'listXraySessions',
    summary: 'List X-Ray sessions, oldest first',
    tags,
    params: Fleet,
    querystring: XrayQuery,
    response: pages(XraySession),
  },
})

export const getXraySession = route({
  method: 'GET',
  url: '/v1/:fleet/xray/:id',
  config: { scope, reach: 'groups' },
  schema: {
    operationId: 'getXraySession',
    summary: 'Read an X-Ray session',
    tags,
    params: FleetAndId,
    response: answers(XraySession),
  },
})

export const getXrayRecording = route({
  method: 'GET',
  url: '/v1/:fleet/xray/recording/:id',
  config: { scope, reach: 'groups', audit: true },
  schema: {
    operationId: 'getXrayRecording',
    summary: 'Download what a shell of an X-Ray session showed',
    description:
      'An asciicast (version 2): what was typed is in it as far as it was shown. While the shell is open, all but the last seconds.',
    tags,
    params: FleetAndId,
    response: { 200: T.String({ description: 'the file, of type application/x-asciicast' }) },
  },
})

export const updateXraySession = route({
  method: 'POST',
  url: '/v1/:fleet/xray/:id',
  config: { scope, reach: 'groups' },
  schema: {
    operationId: 'updateXraySession',
    summary: 'Ask whoever is on a device to leave it to you, or decline that',
    description: 'Whoever has the session sees who asks, and ends it or declines. A 409 once the session has ended.',
    tags,
    params: FleetAndId,
    body: XrayChange,
    response: answers(XraySession),
  },
})

export const endXraySession = route({
  method: 'DELETE',
  url: '/v1/:fleet/xray/:id',
  config: { scope, reach: 'groups' },
  schema: {
    operationId: 'endXraySession',
    summary: 'End an X-Ray session',
    description: 'Answers the session. One that has ended stays as it is.',
    tags,
    params: FleetAndId,
    response: answers(XraySession),
  },
})
