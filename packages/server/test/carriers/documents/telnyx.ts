import T, { type TSchema } from 'typebox'
import { type Document, whole } from '../document.ts'

// The parts in use of Telnyx's API v2, as the types of its own client have them.

const orNull = T.Optional(T.Union([T.String(), T.Null()]))
const Imeis = T.Optional(T.Union([T.Array(T.String({ pattern: '^\\d{15}$' })), T.Null()]))
const DataLimit = T.Object({ amount: T.String({ pattern: '^\\d+(\\.\\d+)?$' }), unit: T.Enum(['MB', 'GB']) })
const Sim = T.Object({
  id: T.String(),
  record_type: T.Literal('sim_card'),
  iccid: T.String(),
  imsi: T.Optional(T.String()),
  msisdn: T.Optional(T.String()),
  eid: orNull,
  actions_in_progress: T.Optional(T.Boolean()),
  authorized_imeis: Imeis,
  data_limit: T.Optional(T.Union([DataLimit, T.Null()])),
  tags: T.Optional(T.Array(T.String())),
  status: T.Object({
    value: T.Enum([
      ...['registering', 'enabling', 'enabled', 'disabling', 'disabled', 'setting_standby', 'standby'],
      ...['data_limit_exceeded', 'unauthorized_imei'],
    ]),
    reason: orNull,
  }),
})
const Action = T.Object({
  id: T.String(),
  action_type: T.Enum(['enable', 'enable_standby_sim_card', 'disable', 'set_standby']),
  created_at: T.Optional(T.String()),
  status: T.Object({ value: T.Enum(['in-progress', 'completed', 'failed', 'interrupted']), reason: orNull }),
})
const UsageRecord = T.Object({
  record_type: T.String(),
  id: T.Optional(T.String()),
  sim_card_id: T.Optional(T.String()),
  created_at: T.Optional(T.String()),
  uplink_data: T.Optional(T.Number()),
  downlink_data: T.Optional(T.Number()),
  data_unit: T.Optional(T.String()),
})
const paged = (item: TSchema) =>
  T.Object({
    data: T.Array(item),
    meta: T.Object({
      total_pages: T.Integer(),
      total_results: T.Integer(),
      page_number: T.Integer(),
      page_size: T.Integer(),
    }),
  })
const pageOfAtMost = (pattern: string) => ({
  'page[number]': whole,
  'page[size]': T.Optional(T.String({ pattern })),
})
const upTo250 = '^([1-9]\\d?|1\\d{2}|2[0-4]\\d|250)$'
const upTo50 = '^([1-9]|[1-4]\\d|50)$'
const accepted = { 202: T.Object({ data: Action }) }

export const telnyxDocument: Document = [
  {
    method: 'GET',
    path: '/sim_cards',
    query: {
      ...pageOfAtMost(upTo250),
      'filter[iccid]': T.Optional(T.String()),
      'filter[msisdn]': T.Optional(T.String()),
      sort: T.Optional(T.String()),
    },
    answers: { 200: paged(Sim) },
  },
  { method: 'GET', path: '/sim_cards/{id}', answers: { 200: T.Object({ data: Sim }) } },
  {
    method: 'PATCH',
    path: '/sim_cards/{id}',
    // That null removes a limit is an assumption: the types have none, and no other way.
    body: T.Object(
      { authorized_imeis: Imeis, data_limit: T.Optional(T.Union([DataLimit, T.Null()])) },
      { additionalProperties: false, minProperties: 1 },
    ),
    answers: { 200: T.Object({ data: Sim }) },
  },
  { method: 'DELETE', path: '/sim_cards/{id}', answers: { 200: T.Object({ data: Sim }) } },
  { method: 'POST', path: '/sim_cards/{id}/actions/enable', answers: accepted },
  { method: 'POST', path: '/sim_cards/{id}/actions/set_standby', answers: accepted },
  {
    method: 'GET',
    path: '/sim_card_actions',
    query: {
      ...pageOfAtMost(upTo250),
      'filter[sim_card_id]': T.Optional(T.String()),
      'filter[action_type]': T.Optional(Action.properties.action_type),
    },
    answers: { 200: paged(Action) },
  },
  {
    method: 'GET',
    path: '/detail_records',
    query: {
      ...pageOfAtMost(upTo50),
      'filter[record_type]': T.Literal('wireless'),
      'filter[created_at][gte]': T.Optional(T.String()),
      'filter[created_at][lt]': T.Optional(T.String()),
      sort: T.Optional(T.String()),
    },
    answers: { 200: paged(UsageRecord) },
  },
]
