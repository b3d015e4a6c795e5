import type { Static } from 'typebox'
import * as T from 'typebox'
import { ActorName, ErrorBody, Fleet, pageQuery, pages, Time } from './common.ts'
import { route } from './route.ts'

export const Event = T.Object(
  {
    id: T.String({ description: 'orders events by commit' }),
    type: T.String({ examples: ['device.moved'] }),
    time: Time,
    actor: ActorName,
    subject: T.Object(
      {
        kind: T.String({ examples: ['device'] }),
        id: T.String(),
        name: T.Optional(T.String({ description: 'name of a key or a user, even after it was deleted' })),
      },
      { description: 'what the event is about' },
    ),
    data: T.Record(T.String(), T.Unknown()),
  },
  { title: 'Event' },
)
export type Event = Static<typeof Event>

const eventFilters = {
  type: T.Optional(
    T.String({
      maxLength: 100,
      description: 'a type, or a prefix that ends with `.`',
      examples: ['notification.'],
    }),
  ),
  device: T.Optional(T.String({ maxLength: 100, description: 'events of this device and of its notifications' })),
  subject: T.Optional(T.String({ maxLength: 300, description: 'id of what the event is about; of a SIM, its ICCID' })),
  actor: T.Optional(
    T.String({
      maxLength: 100,
      description: 'id of the key or user who caused it, or name of the connection to a carrier',
    }),
  ),
  job: T.Optional(T.String({ maxLength: 100, description: 'id of a job: what it did to each of its devices or SIMs' })),
  single: T.Optional(
    T.Boolean({ description: 'without what batches and jobs did to each of their devices and SIMs', examples: [true] }),
  ),
}

export const EventQuery = pageQuery(eventFilters)
export type EventQuery = Static<typeof EventQuery>

/** Which events a stream has; without filters, all of the account. */
export const EventStreamQuery = T.Object(eventFilters)
export type EventStreamQuery = Static<typeof EventStreamQuery>

const tags = ['Events']

export const listEvents = route({
  method: 'GET',
  url: '/v1/:fleet/event',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: {
    operationId: 'listEvents',
    summary: 'List events, oldest first',
    description: 'Paging with `after` never misses an event, however late its transaction commits.',
    tags,
    params: Fleet,
    querystring: EventQuery,
    response: pages(Event),
  },
})

export const streamEvents = route({
  method: 'GET',
  url: '/v1/:fleet/event/stream',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: {
    operationId: 'streamEvents',
    summary: 'Stream events as they happen',
    description:
      'Server-sent events: `id`, `event` (the type) and `data` (the event as JSON). Resumes after `Last-Event-ID`.',
    tags,
    params: Fleet,
    querystring: EventStreamQuery,
    response: { 200: T.String({ description: 'text/event-stream' }), default: ErrorBody },
  },
})
