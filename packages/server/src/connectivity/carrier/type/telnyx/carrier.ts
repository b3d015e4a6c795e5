import type { SimState } from '@mason/contract/sim'
import { dayMs } from '@mason/contract/time'
import T, { type Static } from 'typebox'
import { cardForms } from '../../card-forms.ts'
import type { Card, CarrierAnswer, CarrierSim, CarrierType, Session } from '../../carrier.ts'
import { CarrierFault } from '../../fault.ts'
import { bytesOfMegabytes, megabytesOf } from '../../megabytes.ts'

// Source: Telnyx API v2, as the types of its own client describe it.

const orNull = T.Union([T.String(), T.Null()])
const Amount = T.Optional(T.Union([T.Number(), T.String(), T.Null()]))
const Sim = T.Object({
  id: T.String({ minLength: 1 }),
  iccid: T.String(),
  imsi: T.Optional(orNull),
  msisdn: T.Optional(orNull),
  eid: T.Optional(orNull),
  actions_in_progress: T.Optional(T.Boolean()),
  authorized_imeis: T.Optional(T.Union([T.Array(T.Union([T.String(), T.Number()])), T.Null()])),
  data_limit: T.Optional(T.Union([T.Object({ amount: Amount, unit: T.Optional(orNull) }), T.Null()])),
  status: T.Object({ value: T.String(), reason: T.Optional(orNull) }),
})
type Sim = Static<typeof Sim>
const Meta = T.Object({ total_pages: T.Integer(), page_number: T.Integer() })
const Sims = T.Object({ data: T.Array(Sim), meta: Meta })
const Action = T.Object({
  created_at: T.Optional(orNull),
  status: T.Object({ value: T.String(), reason: T.Optional(orNull) }),
})
const Records = T.Object({
  data: T.Array(
    T.Object({
      sim_card_id: T.Optional(orNull),
      created_at: T.Optional(orNull),
      uplink_data: Amount,
      downlink_data: Amount,
      data_unit: T.Optional(orNull),
    }),
  ),
  meta: Meta,
})

const pageSize = 250
/** The carrier's clock and this one differ by less. */
const clocksMs = 300_000
const recordsAtOnce = 50

const states: Readonly<Record<string, SimState>> = {
  enabled: 'active',
  disabled: 'suspended',
  standby: 'suspended',
  data_limit_exceeded: 'suspended',
  unauthorized_imei: 'suspended',
}
/** What is asked for, and the state that it ends in. */
const actions = {
  active: { action: 'enable', state: 'enabled' },
  suspended: { action: 'set_standby', state: 'standby' },
} as const
/** The carrier itself keeps these from the network: asking for them to be on changes nothing. */
const blocked: Readonly<Record<string, string>> = {
  data_limit_exceeded: 'The SIM has used up its data limit at Telnyx',
  unauthorized_imei: 'The SIM is in a device that it is not authorized for at Telnyx',
}

const unknown: CarrierAnswer = { is: 'refused', reason: 'Telnyx does not know this SIM' }

/** None where the SIM has no limit of its own. */
function bytesOfLimit({ data_limit }: Sim): number | null {
  const bytes = bytesOfMegabytes(data_limit?.amount ?? '')
  return bytes === undefined ? null : bytes * (data_limit?.unit === 'GB' ? 1000 : 1)
}

export const telnyx: CarrierType = {
  isImmediate: false,
  requestsPerSecond: 10,
  open: (link, { apiKey = '' }): Session => {
    const headers = { authorization: `Bearer ${apiKey}` }
    const get = (path: string, query: Record<string, string | number> = {}, expected: number[] = []) =>
      link.request({ path, query, headers }, expected)
    const page = async (number: number, size: number) =>
      link.read(Sims, await get('/sim_cards', { 'page[number]': number, 'page[size]': size }), 'list of SIMs')
    const find = async ({ reference, iccid }: CarrierSim): Promise<Sim | undefined> => {
      if (reference === null) return link.read(Sims, await get('/sim_cards', { 'filter[iccid]': iccid }), 'SIM').data[0]
      const answer = await get(`/sim_cards/${encodeURIComponent(reference)}`, {}, [404])
      return answer.status === 404 ? undefined : link.read(T.Object({ data: Sim }), answer, 'SIM').data
    }
    /** Why the last attempt at what is wanted came to nothing; none for one that goes on, or was never made. */
    const failureOf = async (id: string, action: string, askedAt: Date): Promise<string | undefined> => {
      const query = { 'filter[sim_card_id]': id, 'filter[action_type]': action, 'page[size]': 1 }
      const answer = await get('/sim_card_actions', query)
      const [last] = link.read(T.Object({ data: T.Array(Action) }), answer, 'list of actions').data
      if (last?.status.value !== 'failed' && last?.status.value !== 'interrupted') return undefined
      if (last.created_at && Date.parse(last.created_at) < askedAt.getTime() - clocksMs) return undefined
      return `Telnyx could not do it (${last.status.value})${last.status.reason ? `: ${last.status.reason}` : ''}`
    }
    /** Asks first: what is so already is not changed. */
    const set = async (asked: CarrierSim, changes: object, isSo: (sim: Sim) => boolean): Promise<Sim | undefined> => {
      const sim = await find(asked)
      if (!sim || isSo(sim)) return sim
      const path = `/sim_cards/${encodeURIComponent(sim.id)}`
      const answer = await link.request({ method: 'PATCH', path, headers, body: changes })
      return link.read(T.Object({ data: Sim }), answer, 'SIM').data
    }
    const askFor = async (id: string, action: string): Promise<CarrierAnswer> => {
      await link.request({ method: 'POST', path: `/sim_cards/${encodeURIComponent(id)}/actions/${action}`, headers })
      return { is: 'working' }
    }
    const turn = async (
      { id, status, actions_in_progress: isBusy = false }: Sim,
      { attempt, askedAt }: CarrierSim,
      target: 'active' | 'suspended',
    ): Promise<CarrierAnswer> => {
      const { action, state } = actions[target]
      if (status.value === state) return { is: 'done', carrierState: state }
      const reason = blocked[status.value]
      if (target === 'active' && reason !== undefined) return { is: 'refused', reason }
      if (isBusy || !(status.value in states)) return { is: 'working' }
      // What was asked for and failed is not asked for again by itself.
      const failure = attempt > 1 ? await failureOf(id, action, askedAt) : undefined
      return failure === undefined ? askFor(id, action) : { is: 'refused', reason: failure }
    }
    return {
      check: async () => {
        await page(1, 1)
      },
      list: async (from = '1') => {
        const { data, meta } = await page(Number(from), pageSize)
        return {
          cards: data.map(cardOf),
          next: meta.page_number < meta.total_pages ? String(Number(from) + 1) : undefined,
        }
      },
      change: async (asked, target) => {
        const sim = await find(asked)
        const isGone = target === 'deactivated' && asked.reference !== null
        if (!sim) return isGone ? { is: 'done', carrierState: 'deleted' } : unknown
        if (target !== 'deactivated') return turn(sim, asked, target)
        await link.request({ method: 'DELETE', path: `/sim_cards/${encodeURIComponent(sim.id)}`, headers }, [404])
        return { is: 'done', carrierState: 'deleted' }
      },
      setDataLimit: async (asked, bytes) => {
        const limit = bytes === null ? null : { amount: megabytesOf(bytes), unit: 'MB' }
        const sim = await set(asked, { data_limit: limit }, (found) => bytesOfLimit(found) === bytes)
        if (!sim) return unknown
        // How a limit is removed is not documented.
        const isKept = bytes === null && bytesOfLimit(sim) !== null
        return isKept ? { is: 'refused', reason: 'Telnyx keeps its data limit: remove it there' } : { is: 'done' }
      },
      setImeiLock: async (asked, imei) => {
        const wanted = imei === null ? null : [imei]
        const isSo = ({ authorized_imeis }: Sim) => (authorized_imeis ?? []).join() === (wanted ?? []).join()
        return (await set(asked, { authorized_imeis: wanted }, isSo)) ? { is: 'done' } : unknown
      },
      usageOn: async (day) => {
        const sums = new Map<string, { upload: number; download: number }>()
        const next = new Date(Date.parse(day) + dayMs).toISOString().slice(0, 10)
        for (let number = 1, last = 1; number <= last; number++) {
          const answer = await get('/detail_records', {
            'filter[record_type]': 'wireless',
            'filter[created_at][gte]': `${day}T00:00:00Z`,
            'filter[created_at][lt]': `${next}T00:00:00Z`,
            ...{ sort: 'created_at', 'page[number]': number, 'page[size]': recordsAtOnce },
          })
          const { data, meta } = link.read(Records, answer, 'usage')
          last = meta.total_pages
          for (const record of data) addRecord(sums, record)
        }
        return sums
      },
    }
  },
}

type UsageRecord = Static<typeof Records>['data'][number]

function addRecord(
  sums: Map<string, { upload: number; download: number }>,
  { sim_card_id, uplink_data, downlink_data }: UsageRecord,
): void {
  if (!sim_card_id) return
  const upload = bytesOfMegabytes(uplink_data ?? 0)
  const download = bytesOfMegabytes(downlink_data ?? 0)
  if (upload === undefined || download === undefined)
    throw new CarrierFault('unreachable', `The carrier's usage of the SIM ${sim_card_id} is no number of megabytes`)
  const known = sums.get(sim_card_id) ?? { upload: 0, download: 0 }
  sums.set(sim_card_id, { upload: known.upload + upload, download: known.download + download })
}

function cardOf({ id, iccid, imsi, msisdn, eid, status }: Sim): Card {
  return {
    ...{ reference: id, iccids: cardForms(iccid), state: states[status.value], carrierState: status.value },
    ...{ reason: status.reason || blocked[status.value] },
    ...{ imsi: imsi ?? undefined, msisdn: msisdn ?? undefined, eid: eid ?? undefined },
  }
}
