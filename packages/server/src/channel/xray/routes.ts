import {
  createXrayTicket,
  endXraySession,
  getXrayRecording,
  getXraySession,
  listXraySessions,
  updateXraySession,
} from '@mason/contract/xray'
import { attachXray, openXray } from '@mason/contract/xray-socket'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { refuseCrossSite } from '../../access/auth/cookies.ts'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { TicketHolders } from '../../access/guard/ticket-holders.ts'
import { type Actor, hasSameGroups, isPrincipal, mayDo } from '../../core/actor.ts'
import type { Connections } from '../../core/connection/connections.ts'
import { requireUpgrade, upgrade } from '../../core/connection/route-upgrade.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { placeOf } from '../../core/http/audit-trail.ts'
import { attachment } from '../../core/http/content.ts'
import type { Guard } from '../../core/http/guard.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { isUuid } from '../../core/http/validation.ts'
import type { Sealer } from '../../core/sealer.ts'
import type { NodeLinks } from './node-links.ts'
import { requireDevice } from './offer.ts'
import { join } from './pipe.ts'
import { readRecording } from './recording/records.ts'
import { findHolder, findOpen, noteAttached, open } from './records.ts'
import type { Relay } from './relay.ts'
import { ReturningSide } from './returning-side.ts'
import * as sessions from './service.ts'
import { Side } from './side.ts'

export interface XrayNeeds {
  relay: Relay
  links: NodeLinks
  sealer: Sealer
  guard: Guard
  tickets: TicketHolders
  connections: Connections
  publicUrl: () => string
}

type Wanted = Parameters<typeof findOpen>[2]

interface Coming {
  db: Db
  actor: Actor
  request: FastifyRequest
  reply: FastifyReply
}

export function xrayRoutes({ add }: Router, needs: XrayNeeds): void {
  const { relay, links, sealer, guard, tickets, connections, publicUrl } = needs

  /** Asked while a session goes on. */
  const isStillAdmitted = async (request: FastifyRequest, ticket: string | undefined): Promise<boolean> => {
    if (ticket === undefined) return guard.isStillAdmitted(request)
    const holder = isPrincipal(request.actor) ? await tickets.again(request.actor) : undefined
    return holder !== undefined && mayDo(holder, 'xray:admin') && hasSameGroups(holder, request.actor)
  }

  /** Goes on with a session whose connection was cut. */
  const comeBack = async ({ db, actor, request, reply }: Coming, wanted: Wanted, received: number) => {
    const { nodeId, nodeAddress } = await findOpen(db, actor, wanted)
    const far = nodeId === relay.id ? undefined : await links.dial(nodeAddress)
    const upgraded = await upgrade(request, reply, connections)
    const side = upgraded && new Side(upgraded)
    if (!side) far?.cut()
    else if (far) join(`client ${wanted.id} ${received}`, side, far)
    else if (!relay.comeBack(wanted.id, side, received)) side.close(1013, 'the session is over')
    return ''
  }

  add(openXray, async ({ db, actor, params, query: { ticket, reason, session, received }, request, reply }) => {
    refuseCrossSite(request, publicUrl)
    await requireDevice(db, actor, params.id)
    requireUpgrade(request)
    if (session !== undefined) {
      const wanted = { id: session, deviceId: params.id, service: params.service }
      return comeBack({ db, actor, request, reply }, wanted, received ?? 0)
    }
    const opening = {
      ...{ deviceId: params.id.toLowerCase(), service: params.service, reason, ticket },
      ...placeOf(request),
    }
    const opened = await open(db, actor, opening, await relay.holder())
    const upgraded = await upgrade(request, reply, connections)
    const client = upgraded && new Side(upgraded)
    const side = client && received !== undefined ? new ReturningSide(client) : client
    relay.begin(opened, { side, isStillAdmitted: () => isStillAdmitted(request, ticket) })
    relay.changed()
    return ''
  })

  add(attachXray, async ({ db, actor, params: { session }, request, reply }) => {
    const device = actor as VerifiedDevice
    if (!isUuid(session)) throw notFound('session')
    const { nodeId, nodeAddress } = await findHolder(db, device, session)
    requireUpgrade(request)
    const far = nodeId === relay.id ? undefined : await links.dial(nodeAddress)
    await noteAttached(db, device, session).catch((error) => {
      far?.close(1001, 'the session does not wait for the device any more')
      throw error
    })
    const upgraded = await upgrade(request, reply, connections)
    if (!upgraded) {
      far?.close(1001, 'the device left')
      return ''
    }
    const side = new Side(upgraded)
    if (far) join(`device ${session}`, side, far)
    else if (!relay.attach(session, side)) side.close(1013, 'the session is over')
    return ''
  })

  add(createXrayTicket, async ({ db, actor, params, body, request }) =>
    envelope(await sessions.createTicket(db, actor, params.id.toLowerCase(), body, originOf(request, publicUrl))),
  )
  add(listXraySessions, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await sessions.list(db, actor, query)),
  )
  add(getXraySession, async ({ db, actor, params }) => envelope(await sessions.get(db, actor, params.id)))
  add(updateXraySession, async ({ db, actor, params, body }) =>
    envelope(await sessions.change(db, actor, params.id, body.takeOver)),
  )
  add(getXrayRecording, async ({ db, actor, params: { id }, reply }) => {
    const content = await readRecording(db, sealer, actor, id)
    reply.headers({
      'content-type': 'application/x-asciicast',
      'content-disposition': attachment(`xray-${id}.cast`),
      'cache-control': 'private, no-cache',
      'x-content-type-options': 'nosniff',
    })
    return content
  })
  add(endXraySession, async ({ db, actor, params }) => {
    const document = await sessions.end(db, actor, params.id)
    relay.changed()
    return envelope(document)
  })
}

/** A browser comes back to where its page is from, which may have another name than the configured one. */
function originOf(request: FastifyRequest, publicUrl: () => string): string {
  const { origin } = request.headers
  const isOwn = origin !== undefined && URL.parse(origin)?.host === request.host
  return isOwn ? origin : publicUrl()
}
