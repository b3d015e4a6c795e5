import type { SimState } from '@mason/contract/sim'
import T, { type Static } from 'typebox'
import { cardForms } from '../../card-forms.ts'
import type { Card, CarrierAnswer, CarrierSim, CarrierType, Session } from '../../carrier.ts'
import type { Link } from '../../link.ts'
import { WithToken } from '../../token.ts'

// Source: Soracom API v1.

const Profile = T.Object({
  iccid: T.Optional(T.String()),
  primaryImsi: T.Optional(T.String()),
  subscribers: T.Optional(T.Record(T.String(), T.Object({ msisdn: T.Optional(T.Union([T.String(), T.Null()])) }))),
})
const Sim = T.Object({
  simId: T.String({ minLength: 1 }),
  activeProfileId: T.Optional(T.Union([T.String(), T.Null()])),
  profiles: T.Optional(T.Record(T.String(), Profile)),
  status: T.String(),
  imeiLock: T.Optional(T.Union([T.Object({ imei: T.Optional(T.Union([T.String(), T.Null()])) }), T.Null()])),
})
type Sim = Static<typeof Sim>
const Token = T.Object({ apiKey: T.String({ minLength: 1 }), token: T.String({ minLength: 1 }) })
const Bytes = T.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })
const Stats = T.Array(
  T.Object({
    date: T.String({ pattern: '^\\d{8}' }),
    dataTrafficStatsMap: T.Optional(
      T.Record(T.String(), T.Object({ uploadByteSizeTotal: Bytes, downloadByteSizeTotal: Bytes })),
    ),
  }),
)

const pageSize = 100
const tokenSeconds = 3_600

const states: Readonly<Record<string, SimState>> = {
  ready: 'ready',
  active: 'active',
  inactive: 'suspended',
  standby: 'suspended',
  suspended: 'suspended',
  terminated: 'deactivated',
}

const unknown: CarrierAnswer = { is: 'refused', reason: 'Soracom does not know this SIM' }

export const soracom: CarrierType = {
  isImmediate: false,
  requestsPerSecond: 8,
  open: (link, { authKeyId = '', authKey = '' }): Session => {
    const api = new WithToken(link, () => fetchToken(link, authKeyId, authKey))
    const page = (size: number, after?: string) =>
      api.request({ path: '/sims', query: { limit: size, last_evaluated_key: after } })
    const act = (sim: string, action: string, body: object = {}) =>
      api.request({ method: 'POST', path: `/sims/${encodeURIComponent(sim)}/${action}`, body })
    const find = async (asked: CarrierSim): Promise<Sim | undefined> => {
      const answer = await api.request({ path: `/sims/${encodeURIComponent(referenceOf(asked))}` }, [404])
      return answer.status === 404 ? undefined : link.read(Sim, answer, 'SIM')
    }
    return {
      check: async () => {
        link.read(T.Array(Sim), await page(1), 'list of SIMs')
      },
      list: async (from) => {
        const answer = await page(pageSize, from)
        const next = answer.headers['x-soracom-next-key']
        const sims = link.read(T.Array(Sim), answer, 'list of SIMs')
        return { cards: sims.map(cardOf), next: typeof next === 'string' && next !== '' ? next : undefined }
      },
      change: async (asked, target) => {
        const sim = await find(asked)
        if (!sim) return unknown
        const { simId, status } = sim
        if (states[status] === target) return { is: 'done', carrierState: status }
        if (status === 'terminated') return { is: 'refused', reason: 'The SIM is terminated at Soracom' }
        if (target === 'deactivated') await act(simId, 'enable_termination')
        const action = { active: 'activate', suspended: 'suspend', deactivated: 'terminate' }[target]
        const changed = link.read(Sim, await act(simId, action), 'SIM')
        return states[changed.status] === target ? { is: 'done', carrierState: changed.status } : { is: 'working' }
      },
      setImeiLock: async (asked, imei) => {
        const sim = await find(asked)
        if (!sim) return unknown
        if ((sim.imeiLock?.imei ?? null) === imei) return { is: 'done' }
        await (imei === null ? act(sim.simId, 'unset_imei_lock') : act(sim.simId, 'set_imei_lock', { imei }))
        return { is: 'done' }
      },
      usageOf: async ({ reference }, first, end) => {
        const seconds = (day: string) => Date.parse(day) / 1000
        const answer = await api.request({
          path: `/stats/air/sims/${encodeURIComponent(reference)}`,
          query: { from: seconds(first), to: seconds(end) - 1, period: 'day' },
        })
        const stats = link.read(Stats, answer, 'usage')
        return stats.map(({ date, dataTrafficStatsMap = {} }) => {
          const speeds = Object.values(dataTrafficStatsMap)
          return {
            day: `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6, 8)}`,
            upload: speeds.reduce((sum, { uploadByteSizeTotal }) => sum + uploadByteSizeTotal, 0),
            download: speeds.reduce((sum, { downloadByteSizeTotal }) => sum + downloadByteSizeTotal, 0),
          }
        })
      },
    }
  },
}

async function fetchToken(link: Link, authKeyId: string, authKey: string) {
  const body = { authKeyId, authKey, tokenTimeoutSeconds: tokenSeconds }
  const { apiKey, token } = link.read(Token, await link.request({ method: 'POST', path: '/auth', body }), 'token')
  return { headers: { 'x-soracom-api-key': apiKey, 'x-soracom-token': token }, seconds: tokenSeconds }
}

/** Soracom names a SIM by the ICCID that it was made with. */
const referenceOf = ({ reference, iccid }: CarrierSim) => reference ?? iccid

function cardOf({ simId, activeProfileId, profiles = {}, status }: Sim): Card {
  const id = activeProfileId ?? simId
  const profile = profiles[id] ?? Object.values(profiles)[0]
  const [subscriber] = Object.values(profile?.subscribers ?? {})
  return {
    ...{ reference: simId, iccids: cardForms(profile?.iccid ?? id), imsi: profile?.primaryImsi },
    ...{ msisdn: subscriber?.msisdn ?? undefined, state: states[status], carrierState: status },
  }
}
