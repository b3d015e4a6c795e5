import type { SimState } from '@mason/contract/sim'
import { dayMs } from '@mason/contract/time'
import T, { type Static } from 'typebox'
import { cardForms } from '../../card-forms.ts'
import type { Card, CarrierSim, CarrierType, Session } from '../../carrier.ts'
import { CarrierFault } from '../../fault.ts'
import type { Link } from '../../link.ts'
import { WithToken } from '../../token.ts'
import { readDayUsage } from '../1nce/day-usage.ts'

// Source: emnify REST API v1.

const Sim = T.Object({
  id: T.Integer(),
  iccid: T.String(),
  iccid_with_luhn: T.Optional(T.String()),
  imsi: T.Optional(T.Union([T.String(), T.Null()])),
  msisdn: T.Optional(T.Union([T.String(), T.Null()])),
  eid: T.Optional(T.Union([T.String(), T.Null()])),
  status: T.Object({ id: T.Integer(), description: T.Optional(T.String()) }),
})
type Sim = Static<typeof Sim>
const Token = T.Object({ auth_token: T.String({ minLength: 1 }) })

const pageSize = 500
/** Tokens say themselves how long they are good; those that do not are renewed early. */
const usualTokenSeconds = 600

const [activated, suspended, deleted] = [1, 2, 3]
/** Issued, activated, suspended, deleted, and for the test in the factory. */
const states: Readonly<Record<number, SimState>> = {
  0: 'ready',
  [activated]: 'active',
  [suspended]: 'suspended',
  [deleted]: 'deactivated',
  4: 'ready',
}

export const emnify: CarrierType = {
  isImmediate: false,
  // 2,000 in 5 minutes.
  requestsPerSecond: 6,
  open: (link, { applicationToken = '' }): Session => {
    const api = new WithToken(link, () => fetchToken(link, applicationToken))
    const page = (number: number, size: number) =>
      api.request({ path: '/api/v1/sim', query: { page: number, per_page: size, sort: 'id' } })
    const find = async (sim: CarrierSim): Promise<Sim | undefined> => {
      if (sim.reference !== null) {
        const answer = await api.request({ path: `/api/v1/sim/${sim.reference}` }, [404])
        return answer.status === 404 ? undefined : link.read(Sim, answer, 'SIM')
      }
      const answer = await api.request({ path: '/api/v1/sim', query: { q: `iccid_with_luhn:${sim.iccid}` } })
      return link.read(T.Array(Sim), answer, 'list of SIMs')[0]
    }
    return {
      check: async () => {
        link.read(T.Array(Sim), await page(1, 1), 'list of SIMs')
      },
      list: async (from = '1') => {
        const sims = link.read(T.Array(Sim), await page(Number(from), pageSize), 'list of SIMs')
        return { cards: sims.map(cardOf), next: sims.length < pageSize ? undefined : String(Number(from) + 1) }
      },
      change: async (asked, target) => {
        const sim = await find(asked)
        // One that was deleted is found no more.
        if (!sim)
          return target === 'deactivated' && asked.reference !== null
            ? { is: 'done' }
            : { is: 'refused', reason: 'emnify does not know this SIM' }
        const { id, status } = sim
        if (states[status.id] === target) return { is: 'done', carrierState: wordsOf(status) }
        if (status.id === deleted) return { is: 'refused', reason: 'The SIM is deleted at emnify' }
        if (target === 'deactivated') {
          await api.request({ method: 'DELETE', path: `/api/v1/sim/${id}` }, [404])
          return { is: 'done', carrierState: 'Deleted' }
        }
        const [wanted, carrierState] = target === 'active' ? [activated, 'Activated'] : [suspended, 'Suspended']
        await api.request({ method: 'PATCH', path: `/api/v1/sim/${id}`, body: { status: { id: wanted } } })
        return { is: 'done', carrierState }
      },
      usageOf: async ({ reference }, first, end) => {
        const last = new Date(Date.parse(end) - dayMs).toISOString().slice(0, 10)
        const path = `/api/v1/sim/${reference}/stats/daily`
        const answer = await api.request({ path, query: { start_date: first, end_date: last } })
        return readDayUsage(link, answer)
      },
    }
  },
}

async function fetchToken(link: Link, applicationToken: string) {
  const answer = await link.request(
    { method: 'POST', path: '/api/v1/authenticate', body: { application_token: applicationToken } },
    [400, 404],
  )
  if (answer.status >= 400)
    throw new CarrierFault('credentials', `The carrier does not take the credentials (${answer.status})`)
  const { auth_token } = link.read(Token, answer, 'token')
  return { headers: { authorization: `Bearer ${auth_token}` }, seconds: secondsLeft(auth_token) }
}

/** For how long a JSON Web Token says that it is good. */
function secondsLeft(token: string): number {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8')) as { exp?: number }
    return typeof exp === 'number' ? exp - Date.now() / 1000 : usualTokenSeconds
  } catch {
    return usualTokenSeconds
  }
}

const wordsOf = ({ id, description = `status ${id}` }: Sim['status']) => description

function cardOf({ id, iccid, iccid_with_luhn, imsi, msisdn, eid, status }: Sim): Card {
  return {
    ...{ reference: String(id), iccids: cardForms(iccid, iccid_with_luhn), state: states[status.id] },
    ...{ imsi: imsi ?? undefined, msisdn: msisdn ?? undefined, eid: eid ?? undefined },
    carrierState: wordsOf(status),
  }
}
