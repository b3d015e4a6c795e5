import { endsInLuhnDigit } from '@mason/contract/identifiers'
import { dayMs } from '@mason/contract/time'
import T, { type Static } from 'typebox'
import { cardForms } from '../../card-forms.ts'
import type { Card, CarrierSim, CarrierType, Session } from '../../carrier.ts'
import type { Link } from '../../link.ts'
import { WithToken } from '../../token.ts'
import { readDayUsage } from './day-usage.ts'

// Source: 1NCE SIM Management API v1.

const Sim = T.Object({
  iccid: T.String(),
  iccid_with_luhn: T.Optional(T.String()),
  imsi: T.Optional(T.String()),
  msisdn: T.Optional(T.String()),
  imei_lock: T.Optional(T.Boolean()),
  status: T.Enum(['Enabled', 'Disabled']),
  activation_date: T.Optional(T.String()),
  label: T.Optional(T.String()),
})
type Sim = Static<typeof Sim>
const Token = T.Object({ access_token: T.String({ minLength: 1 }), expires_in: T.Optional(T.Number()) })

const pageSize = 100
const usualTokenSeconds = 3_600

export const oneNce: CarrierType = {
  isImmediate: false,
  requestsPerSecond: 10,
  open: (link, { username = '', password = '' }): Session => {
    const api = new WithToken(link, () => fetchToken(link, username, password))
    const page = (number: number, size: number) =>
      api.request({ path: '/v1/sims', query: { page: number, pageSize: size } })
    return {
      check: async () => {
        link.read(T.Array(Sim), await page(1, 1), 'list of SIMs')
      },
      list: async (from = '1') => {
        const answer = await page(Number(from), pageSize)
        const sims = link.read(T.Array(Sim), answer, 'list of SIMs')
        const isLast = Number(from) >= Number(answer.headers['x-total-pages'] ?? 0) || sims.length === 0
        return { cards: sims.map(cardOf), next: isLast ? undefined : String(Number(from) + 1) }
      },
      change: async (sim, target) => {
        if (target === 'deactivated') return { is: 'refused', reason: '1NCE SIMs cannot be ended: suspend it' }
        const path = `/v1/sims/${referenceOf(sim)}`
        const answer = await api.request({ path }, [404])
        if (answer.status === 404) return { is: 'refused', reason: '1NCE does not know this SIM' }
        const { iccid, label = '', imei_lock = false, status } = link.read(Sim, answer, 'SIM')
        const wanted = target === 'active' ? 'Enabled' : 'Disabled'
        if (status === wanted) return { is: 'done', carrierState: status }
        const changed = await api.request({ method: 'PUT', path, body: { iccid, label, imei_lock, status: wanted } })
        return changed.status === 202 ? { is: 'working' } : { is: 'done', carrierState: wanted }
      },
      usageOf: async ({ reference }, first, end) => {
        const last = new Date(Date.parse(end) - dayMs).toISOString().slice(0, 10)
        const path = `/v1/sims/${reference}/usage`
        const answer = await api.request({ path, query: { start_dt: first, end_dt: last } })
        return readDayUsage(link, answer)
      },
    }
  },
}

async function fetchToken(link: Link, username: string, password: string) {
  const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
  const answer = await link.request({
    method: 'POST',
    path: '/oauth/token',
    headers: { authorization },
    body: { grant_type: 'client_credentials' },
  })
  const { access_token, expires_in = usualTokenSeconds } = link.read(Token, answer, 'token')
  return { headers: { authorization: `Bearer ${access_token}` }, seconds: expires_in }
}

/** 1NCE knows a SIM by its number without the check digit. */
const referenceOf = ({ reference, iccid }: CarrierSim) =>
  reference ?? (/^\d{20}$/.test(iccid) && endsInLuhnDigit(iccid) ? iccid.slice(0, -1) : iccid)

/** One that was never enabled is ready. */
function cardOf({ iccid, iccid_with_luhn, imsi, msisdn, status, activation_date }: Sim): Card {
  const off = activation_date ? 'suspended' : 'ready'
  return {
    ...{ reference: iccid, iccids: cardForms(iccid, iccid_with_luhn), imsi, msisdn, carrierState: status },
    state: status === 'Enabled' ? 'active' : off,
  }
}
