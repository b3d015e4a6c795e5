import { endsInLuhnDigit } from '@mason/contract/identifiers'
import { dayMs } from '@mason/contract/time'
import T, { type Static } from 'typebox'
import { cardForms } from '../../card-forms.ts'
import type { Card, CarrierAnswer, CarrierSim, CarrierType, Session } from '../../carrier.ts'
import type { Link } from '../../link.ts'
import { WithToken } from '../../token.ts'
import { readDayUsage } from './day-usage.ts'

// Source: 1NCE SIM Management API v1.

const Sim = T.Object({
  iccid: T.String(),
  iccid_with_luhn: T.Optional(T.String()),
  imsi: T.Optional(T.String()),
  msisdn: T.Optional(T.String()),
  imei: T.Optional(T.Union([T.String(), T.Null()])),
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
    const find = async (asked: CarrierSim): Promise<Sim | undefined> => {
      const answer = await api.request({ path: `/v1/sims/${referenceOf(asked)}` }, [404])
      return answer.status === 404 ? undefined : link.read(Sim, answer, 'SIM')
    }
    /** What is not named is kept. */
    const put = async (asked: CarrierSim, sim: Sim, changes: Partial<Sim>): Promise<CarrierAnswer> => {
      const { iccid, label = '', imei_lock = false, status } = sim
      const body = { iccid, label, imei_lock, status, ...changes }
      const answer = await api.request({ method: 'PUT', path: `/v1/sims/${referenceOf(asked)}`, body })
      return { is: answer.status === 202 ? 'working' : 'done' }
    }
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
      change: async (asked, target) => {
        if (target === 'deactivated') return { is: 'refused', reason: '1NCE SIMs cannot be ended: suspend it' }
        const sim = await find(asked)
        if (!sim) return unknown
        const wanted = target === 'active' ? 'Enabled' : 'Disabled'
        if (sim.status === wanted) return { is: 'done', carrierState: wanted }
        const answer = await put(asked, sim, { status: wanted })
        return answer.is === 'done' ? { is: 'done', carrierState: wanted } : answer
      },
      // It locks to the device that the SIM is in: only where that is the wanted one is it told to.
      setImeiLock: async (asked, imei) => {
        const sim = await find(asked)
        if (!sim) return unknown
        const { imei: current, imei_lock: isLocked = false } = sim
        const isWanted = imei !== null && isSameDevice(current, imei)
        if (isLocked !== isWanted) {
          const answer = await put(asked, sim, { imei_lock: isWanted })
          if (answer.is !== 'done') return answer
        }
        return isWanted || imei === null ? { is: 'done' } : { is: 'refused', reason: elsewhere(current) }
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

const unknown: CarrierAnswer = { is: 'refused', reason: '1NCE does not know this SIM' }

/** 1NCE tells IMEIs with the software version in place of the check digit. */
const isSameDevice = (current: string | null | undefined, imei: string) => current?.slice(0, 14) === imei.slice(0, 14)

const elsewhere = (current: string | null | undefined) =>
  `1NCE locks a SIM to the device that it is in, ${current ? `and it is in the one with the IMEI ${current}` : 'and has seen it in none'}: set the lock again once it is in the right one`

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
