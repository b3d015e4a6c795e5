import { telnyxDocument } from './documents/telnyx.ts'
import { type Dialect, type FakeAnswer, type FakeCarrier, type FakeRequest, type FakeSim, pageOf } from './fake.ts'

// As the types of Telnyx's own client describe its API v2. Actions are done a while after they were asked for.

const words = { ready: 'disabled', active: 'enabled', suspended: 'standby', deactivated: 'disabled' } as const
const between = { enable: 'enabling', set_standby: 'setting_standby' } as const
const isGoing = ({ action }: FakeSim) => action?.status === 'in-progress'

function shown(sim: FakeSim) {
  const going = isGoing(sim) ? between[sim.action?.type as keyof typeof between] : undefined
  return {
    ...{
      id: sim.id,
      record_type: 'sim_card',
      iccid: sim.iccid,
      imsi: '311210000000001',
      msisdn: '+13109976224',
      eid: null,
    },
    ...{ status: { value: sim.special ?? going ?? words[sim.state], reason: null }, actions_in_progress: isGoing(sim) },
    data_limit: sim.dataLimit === undefined ? null : { amount: String(sim.dataLimit / 1e6), unit: 'MB' },
    ...{ tags: [], authorized_imeis: sim.imeiLock === undefined ? null : [sim.imeiLock] },
  }
}

/** Each look brings what goes on nearer to its end. */
function look(sim: FakeSim): FakeSim {
  const { action } = sim
  if (action?.status !== 'in-progress' || --action.asksLeft > 0) return sim
  action.status = action.reason === undefined ? 'completed' : 'failed'
  if (action.status === 'completed') sim.state = action.type === 'enable' ? 'active' : 'suspended'
  return sim
}

const paged = (all: unknown[], query: URLSearchParams, most: number): FakeAnswer => {
  const size = Number(query.get('page[size]') ?? 20)
  if (size > most)
    return { status: 400, body: { errors: [{ code: '10015', title: 'Bad Request', detail: 'page size' }] } }
  const page = Number(query.get('page[number]') ?? 1)
  const meta = {
    total_pages: Math.ceil(all.length / size),
    total_results: all.length,
    page_number: page,
    page_size: size,
  }
  return { status: 200, body: { data: pageOf(all, page, size), meta } }
}

/** One row a session: a day has two, and both are megabytes as numbers. */
const sessionsOf = (sim: FakeSim, day: string) => {
  const used = sim.usage.get(day)
  if (!used) return []
  const half = { upload: Math.floor(used.upload / 3), download: Math.floor(used.download / 2) }
  const row = (time: string, upload: number, download: number) => ({
    ...{ record_type: 'wireless', id: crypto.randomUUID(), sim_card_id: sim.id, created_at: `${day}T${time}Z` },
    ...{ uplink_data: upload / 1e6, downlink_data: download / 1e6, data_unit: 'MB' },
  })
  return [
    row('01:00:00', half.upload, half.download),
    row('13:00:00', used.upload - half.upload, used.download - half.download),
  ]
}

/** The records of a day as they were when its first page was asked for: a fleet has thousands of pages. */
const kept = new WeakMap<FakeCarrier, { day: string; records: unknown[] }>()

function recordsOf(fake: FakeCarrier, day: string, isFirst: boolean): unknown[] {
  const known = kept.get(fake)
  if (known?.day === day && !isFirst) return known.records
  const records = [...fake.sims.values()].flatMap((sim) => sessionsOf(sim, day))
  kept.set(fake, { day, records })
  return records
}

function act(sim: FakeSim, type: string): FakeAnswer {
  if (isGoing(sim)) return { status: 422, body: { errors: [{ code: '10019', detail: 'an action is in progress' }] } }
  const reason = sim.action?.reason
  sim.action = {
    ...{ id: crypto.randomUUID(), type, status: 'in-progress', asksLeft: 2, createdAt: new Date().toISOString() },
    ...(reason !== undefined && { reason }),
  }
  return { status: 202, body: { data: { id: sim.action.id, action_type: type, status: { value: 'in-progress' } } } }
}

/** How a limit is removed is not documented: the fake takes none. */
function patch(sim: FakeSim, body: { authorized_imeis?: string[] | null; data_limit?: { amount: string } | null }) {
  if (body.data_limit !== undefined)
    sim.dataLimit = body.data_limit === null ? undefined : Math.round(Number(body.data_limit.amount) * 1e6)
  if (body.authorized_imeis !== undefined) sim.imeiLock = body.authorized_imeis?.[0]
}

function answerSim({ method, path, query, body }: FakeRequest, fake: FakeCarrier): FakeAnswer | undefined {
  const [, , id = '', actions, type = ''] = path.split('/')
  if (id === '') {
    const iccid = query.get('filter[iccid]')
    return paged([...fake.sims.values()].filter((sim) => iccid === null || sim.iccid === iccid).map(shown), query, 250)
  }
  const sim = fake.byId.get(id)
  if (!sim) return { status: 404, body: { errors: [{ code: '10005', title: 'Resource not found' }] } }
  if (actions === 'actions' && method === 'POST') return act(sim, type)
  if (method === 'DELETE') fake.remove(sim.iccid)
  if (method === 'PATCH') patch(sim, body)
  return { status: 200, body: { data: shown(method === 'GET' ? look(sim) : sim) } }
}

export const telnyx: Dialect = {
  type: 'telnyx',
  document: telnyxDocument,
  credentials: { apiKey: 'KEY0123' },
  idOf: (iccid) => `6a09cdc3-8948-47f0-aa62-${iccid.slice(-12)}`,
  isAuthenticated: ({ headers }) => headers.authorization === 'Bearer KEY0123',
  answer(request, fake) {
    const { path, query } = request
    if (path.startsWith('/sim_cards')) return answerSim(request, fake)
    if (path === '/sim_card_actions') {
      const action = fake.byId.get(query.get('filter[sim_card_id]') ?? '')?.action
      const isWanted = action?.type === query.get('filter[action_type]')
      const row = action && {
        ...{ id: action.id, action_type: action.type, created_at: action.createdAt },
        status: { value: action.status, reason: action.status === 'failed' ? action.reason : null },
      }
      return paged(isWanted ? [row] : [], query, 250)
    }
    if (path !== '/detail_records' || query.get('filter[record_type]') !== 'wireless') return undefined
    const day = (query.get('filter[created_at][gte]') ?? '').slice(0, 10)
    return paged(recordsOf(fake, day, query.get('page[number]') === '1'), query, 50)
  },
}
