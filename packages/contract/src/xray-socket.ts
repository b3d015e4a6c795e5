import * as T from 'typebox'
import { ErrorBody } from './common.ts'
import { route } from './route.ts'
import { xrayServices } from './xray.ts'

// They answer with a WebSocket and not with JSON, so they are no part of the list of routes that clients call.

const tags = ['X-Ray']
const upgraded = { 101: T.String({ description: 'the connection is a WebSocket' }), default: ErrorBody }

/** The client's side of a session, as the public client opens it. Source: docs/contract.md §10. */
export const openXray = route({
  method: 'GET',
  url: '/v1/global/xray/:id/:service',
  config: { scope: 'xray:admin', reach: 'groups', orTicket: true },
  schema: {
    operationId: 'openXray',
    summary: 'Reach the adb or VNC port of a device over WebSocket',
    description:
      'A WebSocket (RFC 6455) without sub-protocol and extensions. Refused before the upgrade: 400 malformed, 401, 403, 404 unknown device, 410 the device does not offer it, ' +
      '429 somebody is on the device. Once the device is there, the server sends the text `device:ok`, and the client answers `client:ok`; `client:fail` says that its own end has closed, and `client:ok` that there is ' +
      'another one. Binary messages are a stream of bytes, whatever their borders. Closed with 1013 when the device does not come within 10 seconds. A browser connects to the `url` of a ticket; a page of another site is refused.',
    tags,
    params: T.Object({ id: T.String({ description: 'id of the device' }), service: T.Enum(xrayServices) }),
    querystring: T.Object({
      ticket: T.Optional(T.String({ maxLength: 100, description: 'in place of any other credential' })),
      reason: T.Optional(T.String({ minLength: 1, maxLength: 300, description: 'why, for the audit trail' })),
      received: T.Optional(
        T.Integer({ minimum: 0, description: 'bytes that the client has received: it comes back when it was cut off' }),
      ),
      session: T.Optional(
        T.String({ format: 'uuid', description: 'the session that it was cut off from, and goes on with' }),
      ),
    }),
    response: upgraded,
  },
})

/** The device's side of a session. Source: docs/contract.md §10. */
export const attachXray = route({
  method: 'GET',
  url: '/agent/v1/xray/:session',
  config: { scope: 'device' },
  schema: {
    operationId: 'attachXray',
    summary: 'Join the X-Ray session that this device was called to',
    description:
      'A WebSocket. The texts `client:ok` and `client:fail` tell the device to connect to its port anew, and to hang up there; binary messages are a stream of bytes. Whichever side closes ends the session.',
    tags: ['Device side'],
    params: T.Object({ session: T.String({ description: 'the session of the call' }) }),
    response: upgraded,
  },
})
