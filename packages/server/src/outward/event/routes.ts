import { listEvents, streamEvents } from '@mason/contract/event'
import { AppError } from '../../core/errors.ts'
import type { Guard } from '../../core/http/guard.ts'
import { sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as events from './service.ts'
import type { EventStreams } from './stream.ts'

const positionForm = /^[0-9a-f]{28}$/

export function eventRoutes({ add }: Router, streams: EventStreams, guard: Guard): void {
  add(listEvents, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await events.list(db, actor, query)),
  )
  add(streamEvents, async ({ actor, query, request, reply }) => {
    const after = request.headers['last-event-id']
    if (after !== undefined && (typeof after !== 'string' || !positionForm.test(after)))
      throw new AppError('invalid_request_error', 'Last-Event-ID is not the id of an event')
    await streams.open(actor, reply, after, () => guard.isStillAdmitted(request), query)
    return ''
  })
}
