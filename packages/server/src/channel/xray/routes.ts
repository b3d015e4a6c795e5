import {
  createXrayTicket,
  endXraySession,
  getXraySession,
  listXraySessions,
  updateXraySession,
} from '@mason/contract/xray'
import { attachXray, openXray } from '@mason/contract/xray-socket'
import type { FastifyRequest } from 'fastify'
import { refuseCrossSite } from '../../access/auth/cookies.ts'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { TicketHolders } from '../../access/guard/ticket-holders.ts'
import { hasSameGroups, isPrincipal, mayDo } from '../../core/actor.ts'
import type { Connections } from '../../core/connection/connections.ts'
import { requireUpgrade, upgrade } from '../../core/connection/route-upgrade.ts'
import { notFound } from '../../core/errors.ts'
import type { Guard } from '../../core/http/guard.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { isUuid } from '../../core/http/validation.ts'
import type { NodeLinks } from './node-links.ts'
import { requireDevice } from './offer.ts'
import { join } from './pipe.ts'
import { findHolder, noteAttached, open } from './records.ts'
import type { Relay } from './relay.ts'
import * as sessions from './service.ts'
import { Side } from './side.ts'

export interface XrayNeeds {
  relay: Relay
  links: NodeLinks
  guard: Guard
  tickets: TicketHolders
  connections: Connections
  publicUrl: () => string
}

export function xrayRoutes({ add }: Router, needs: XrayNeeds): void {
  const { relay, links, guard, tickets, connections, publicUrl } = needs

  /** Asked while a session goes on. */
  const isStillAdmitted = async (request: FastifyRequest, ticket: string | undefined): Promise<boolean> => {
    if (ticket === undefined) return guard.isStillAdmitted(request)
    const holder = isPrincipal(request.actor) ? await tickets.again(request.actor) : undefined
    return holder !== undefined && mayDo(holder, 'xray:admin') && hasSameGroups(holder, request.actor)
  }

  add(openXray, async ({ db, actor, params, query: { ticket, reason }, request, reply }) => {
    refuseCrossSite(request, publicUrl)
    await requireDevice(db, actor, params.id)
    requireUpgrade(request)
    const opening = {
      ...{ deviceId: params.id.toLowerCase(), service: params.service, reason, ticket },
      ...{ address: request.ip, userAgent: request.headers['user-agent'], requestId: request.id },
    }
    const opened = await open(db, actor, opening, await relay.holder())
    const upgraded = await upgrade(request, reply, connections)
    const side = upgraded && new Side(upgraded)
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
    if (far) join(session, side, far)
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
