import type { SimState } from '@mason/contract/sim'
import { soracomDocument } from './documents/soracom.ts'
import { type Dialect, daysBetween, type FakeAnswer, type FakeRequest, type FakeSim } from './fake.ts'

// As Soracom documents its API v1.

const words: Record<SimState, string> = {
  ready: 'ready',
  active: 'active',
  suspended: 'suspended',
  deactivated: 'terminated',
}
const shown = (sim: FakeSim) => ({
  ...{ simId: sim.id, operatorId: 'OP001', activeProfileId: sim.iccid, status: words[sim.state], type: 'planX' },
  ...(sim.imeiLock !== undefined && { imeiLock: { imei: sim.imeiLock } }),
  profiles: {
    [sim.iccid]: {
      iccid: sim.iccid,
      primaryImsi: '295050910000001',
      subscribers: { '295050910000001': { msisdn: '423663910000001' } },
    },
  },
})
const dayOf = (seconds: string | null) => new Date(Number(seconds) * 1000).toISOString().slice(0, 10)

export const soracom: Dialect = {
  type: 'soracom',
  document: soracomDocument,
  credentials: { authKeyId: 'keyId-1', authKey: 'secret-1' },
  idOf: (iccid) => iccid,
  authenticate({ method, path, body }, fake) {
    if (path !== '/auth' || method !== 'POST') return undefined
    if (body?.authKeyId !== 'keyId-1' || body?.authKey !== 'secret-1')
      return { status: 401, body: { code: 'AUM0001', message: 'Invalid username or password.' } }
    return { status: 200, body: { apiKey: 'api-key', token: fake.newToken(), operatorId: 'OP001' } }
  },
  isAuthenticated: ({ headers }, fake) =>
    headers['x-soracom-api-key'] === 'api-key' && fake.tokens.has(String(headers['x-soracom-token'])),
  answer(request, fake) {
    const { path, query } = request
    const [, kind, first = '', , statsId = ''] = path.split('/')
    if (kind === 'stats') return answerStats(fake.byId.get(statsId), query)
    if (kind !== 'sims') return undefined
    return first === '' ? answerList([...fake.sims.values()], query) : answerSim(fake.byId.get(first), request)
  },
}

const unknown: FakeAnswer = { status: 404, body: { code: 'SIM0001', message: 'No such SIM' } }

function answerStats(sim: FakeSim | undefined, query: URLSearchParams): FakeAnswer {
  if (!sim) return unknown
  const body = daysBetween(sim, dayOf(query.get('from')), dayOf(query.get('to'))).map(([day, { upload, download }]) => {
    const half = Math.floor(upload / 2)
    return {
      ...{ date: day.replaceAll('-', ''), unixtime: Date.parse(day) / 1000 },
      dataTrafficStatsMap: {
        's1.fast': { uploadByteSizeTotal: half, downloadByteSizeTotal: download },
        's1.slow': { uploadByteSizeTotal: upload - half, downloadByteSizeTotal: 0 },
      },
    }
  })
  return { status: 200, body }
}

function answerList(all: FakeSim[], query: URLSearchParams): FakeAnswer {
  const after = query.get('last_evaluated_key')
  const begin = after === null ? 0 : all.findIndex(({ id }) => id === after) + 1
  const page = all.slice(begin, begin + Math.min(100, Number(query.get('limit') ?? 10)))
  const last = page.at(-1)
  const isMore = last !== undefined && last !== all.at(-1)
  return { status: 200, ...(isMore && { headers: { 'x-soracom-next-key': last.id } }), body: page.map(shown) }
}

function answerSim(sim: FakeSim | undefined, { method, path, body }: FakeRequest): FakeAnswer {
  if (!sim) return unknown
  const action = method === 'POST' ? path.split('/').at(-1) : undefined
  if (action === 'enable_termination') sim.special = 'terminable'
  if (action === 'activate') sim.state = 'active'
  if (action === 'suspend') sim.state = 'suspended'
  if (action === 'set_imei_lock') sim.imeiLock = body.imei
  if (action === 'unset_imei_lock') sim.imeiLock = undefined
  if (action === 'terminate' && sim.special !== 'terminable')
    return { status: 400, body: { code: 'SIM0002', message: 'Termination is disabled' } }
  if (action === 'terminate') sim.state = 'deactivated'
  return { status: 200, body: shown(sim) }
}
