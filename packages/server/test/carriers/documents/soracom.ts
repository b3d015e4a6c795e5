import T from 'typebox'
import { type Document, whole } from '../document.ts'

// The parts in use of Soracom's document of its API v1.

const Sim = T.Object({
  simId: T.String(),
  operatorId: T.String(),
  activeProfileId: T.Optional(T.String()),
  type: T.Optional(T.String()),
  imeiLock: T.Optional(T.Object({ imei: T.Optional(T.String()) })),
  status: T.Enum(['ready', 'active', 'inactive', 'standby', 'suspended', 'terminated']),
  profiles: T.Record(
    T.String(),
    T.Object({
      iccid: T.String(),
      primaryImsi: T.String(),
      subscribers: T.Record(T.String(), T.Object({ msisdn: T.Optional(T.String()) })),
    }),
  ),
})
const bytes = T.Integer({ minimum: 0 })
const changes = ['activate', 'suspend', 'terminate', 'enable_termination', 'unset_imei_lock']

export const soracomDocument: Document = [
  {
    method: 'POST',
    path: '/auth',
    body: T.Object(
      {
        authKeyId: T.String(),
        authKey: T.String(),
        tokenTimeoutSeconds: T.Optional(T.Integer({ maximum: 172_800 })),
      },
      { additionalProperties: false },
    ),
    answers: { 200: T.Object({ apiKey: T.String(), token: T.String(), operatorId: T.String() }) },
  },
  {
    method: 'GET',
    path: '/sims',
    query: { limit: whole, last_evaluated_key: T.Optional(T.String()) },
    answers: { 200: T.Array(Sim) },
  },
  { method: 'GET', path: '/sims/{sim_id}', answers: { 200: Sim } },
  ...changes.map((change) => ({ method: 'POST', path: `/sims/{sim_id}/${change}`, answers: { 200: Sim } })),
  {
    method: 'POST',
    path: '/sims/{sim_id}/set_imei_lock',
    // Without an IMEI it locks to the device that the SIM is in.
    body: T.Object({ imei: T.String({ pattern: '^\\d{15}$' }) }, { additionalProperties: false }),
    answers: { 200: Sim },
  },
  {
    method: 'GET',
    path: '/stats/air/sims/{sim_id}',
    query: {
      from: T.String({ pattern: '^\\d+$' }),
      to: T.String({ pattern: '^\\d+$' }),
      period: T.Enum(['month', 'day', 'minutes']),
    },
    answers: {
      200: T.Array(
        T.Object({
          date: T.String({ pattern: '^\\d{8}' }),
          unixtime: T.Integer(),
          dataTrafficStatsMap: T.Record(
            T.String(),
            T.Object({ uploadByteSizeTotal: bytes, downloadByteSizeTotal: bytes }),
          ),
        }),
      ),
    },
  },
]
