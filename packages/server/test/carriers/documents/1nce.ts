import T from 'typebox'
import { type Document, date, nothing, whole } from '../document.ts'

// The parts in use of 1NCE's documents of its authorization and its SIM Management API v1.

const Sim = T.Object({
  iccid: T.String({ pattern: '^\\d{18,19}$' }),
  iccid_with_luhn: T.String({ pattern: '^\\d{19,20}$' }),
  imsi: T.String(),
  msisdn: T.String(),
  imei: T.Optional(T.String()),
  imei_lock: T.Boolean(),
  status: T.Enum(['Enabled', 'Disabled']),
  activation_date: T.Optional(T.String()),
  label: T.Optional(T.String()),
})
const SimUpdate = T.Object(
  {
    iccid: T.String(),
    label: T.Optional(T.String()),
    imei_lock: T.Optional(T.Boolean()),
    status: T.Optional(T.Enum(['Enabled', 'Disabled'])),
  },
  { additionalProperties: false },
)
const decimal = T.String({ pattern: '^\\d+(\\.\\d+)?$' })
const Volume = T.Object({ volume: decimal, volume_tx: decimal, volume_rx: decimal })

export const oneNceDocument: Document = [
  {
    method: 'POST',
    path: '/oauth/token',
    body: T.Object({ grant_type: T.Literal('client_credentials') }, { additionalProperties: false }),
    answers: { 200: T.Object({ access_token: T.String(), token_type: T.String(), expires_in: T.Integer() }) },
  },
  {
    method: 'GET',
    path: '/v1/sims',
    query: {
      page: whole,
      pageSize: T.Optional(T.String({ pattern: '^([1-9]\\d?|100)$' })),
      q: T.Optional(T.String()),
      sort: T.Optional(T.String()),
    },
    answers: { 200: T.Array(Sim) },
  },
  { method: 'GET', path: '/v1/sims/{iccid}', answers: { 200: Sim } },
  { method: 'PUT', path: '/v1/sims/{iccid}', body: SimUpdate, answers: { 200: nothing } },
  {
    method: 'GET',
    path: '/v1/sims/{iccid}/usage',
    query: { start_dt: T.Optional(date), end_dt: T.Optional(date) },
    answers: {
      200: T.Object({
        stats: T.Array(T.Object({ date: T.String(), data: T.Optional(Volume), sms: T.Optional(Volume) })),
      }),
    },
  },
]
