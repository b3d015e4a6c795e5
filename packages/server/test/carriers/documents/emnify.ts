import T from 'typebox'
import { type Document, date, nothing, whole } from '../document.ts'

// The parts in use of emnify's document of its REST API v1.

const orNull = T.Union([T.String(), T.Null()])
const Sim = T.Object({
  id: T.Integer(),
  iccid: T.String({ pattern: '^\\d{18,19}$' }),
  iccid_with_luhn: T.String({ pattern: '^\\d{19,20}$' }),
  imsi: T.Optional(orNull),
  msisdn: T.Optional(orNull),
  eid: T.Optional(orNull),
  status: T.Object({ id: T.Integer({ minimum: 0, maximum: 4 }), description: T.String() }),
})
const organization = T.Optional(T.Object({ id: T.Optional(T.Union([T.Integer(), T.Null()])) }))
const SimUpdate = T.Object(
  {
    issuer_org: organization,
    reseller_org: organization,
    customer_org: organization,
    status: T.Optional(T.Object({ id: T.Integer({ minimum: 0, maximum: 4 }) })),
  },
  { additionalProperties: false },
)
const Volume = T.Object({ volume: T.Number(), volume_tx: T.Number(), volume_rx: T.Number() })

export const emnifyDocument: Document = [
  {
    method: 'POST',
    path: '/api/v1/authenticate',
    body: T.Object({ application_token: T.String() }, { additionalProperties: false }),
    answers: { 200: T.Object({ auth_token: T.String(), refresh_token: T.Optional(T.String()) }) },
  },
  {
    method: 'GET',
    path: '/api/v1/sim',
    query: {
      q: T.Optional(T.String({ pattern: '^[a-z_]+:[^,]+(,[a-z_]+:[^,]+)*$' })),
      sort: T.Optional(T.String({ pattern: '^[-+]?[a-z_]+$' })),
      page: whole,
      per_page: T.Optional(T.String({ pattern: '^([1-9]\\d{0,2}|1\\d{3}|2[0-4]\\d{2}|2500)$' })),
    },
    answers: { 200: T.Array(Sim) },
  },
  { method: 'GET', path: '/api/v1/sim/{sim_id}', answers: { 200: Sim } },
  { method: 'PATCH', path: '/api/v1/sim/{sim_id}', body: SimUpdate, answers: { 204: nothing } },
  { method: 'DELETE', path: '/api/v1/sim/{sim_id}', answers: { 204: nothing } },
  {
    method: 'GET',
    path: '/api/v1/sim/{sim_id}/stats/daily',
    query: { start_date: T.Optional(date), end_date: T.Optional(date) },
    answers: { 200: T.Object({ stats: T.Array(T.Object({ date, data: T.Optional(Volume) })) }) },
  },
]
