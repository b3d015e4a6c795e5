import type { SimState } from '@mason/contract/sim'
import { emnifyDocument } from './documents/emnify.ts'
import { type Dialect, daysBetween, type FakeSim, pageOf } from './fake.ts'

// As emnify documents its REST API v1.

const ids: Record<SimState, number> = { ready: 0, active: 1, suspended: 2, deactivated: 3 }
const words = ['Issued', 'Activated', 'Suspended', 'Deleted']
const shown = (sim: FakeSim) => ({
  ...{ id: Number(sim.id), iccid: sim.iccid.slice(0, -1), iccid_with_luhn: sim.iccid, eid: null, msisdn: null },
  ...{ imsi: `29505090${sim.id.padStart(7, '0')}`, status: { id: ids[sim.state], description: words[ids[sim.state]] } },
})
/** Tokens say when they end. */
const jwtOf = (token: string) =>
  `h.${Buffer.from(JSON.stringify({ exp: Date.now() / 1000 + 14_400, jti: token })).toString('base64url')}.s`

export const emnify: Dialect = {
  type: 'emnify',
  document: emnifyDocument,
  credentials: { applicationToken: 'app-token' },
  idOf: (_iccid, index) => String(1_000 + index),
  authenticate({ method, path, body }, fake) {
    if (path !== '/api/v1/authenticate' || method !== 'POST') return undefined
    if (body?.application_token !== 'app-token')
      return { status: 401, body: { error_code: 401, message: 'Unauthorized' } }
    const token = jwtOf(fake.newToken())
    fake.tokens.add(token)
    return { status: 200, body: { auth_token: token } }
  },
  isAuthenticated: ({ headers }, fake) => fake.tokens.has((headers.authorization ?? '').replace('Bearer ', '')),
  answer({ method, path, query, body }, fake) {
    const [, , , kind, id = '', rest, daily] = path.split('/')
    if (!path.startsWith('/api/v1/') || kind !== 'sim') return undefined
    if (id === '') {
      const wanted = query.get('q')?.replace('iccid_with_luhn:', '')
      const all = [...fake.sims.values()].filter(({ iccid }) => wanted === undefined || iccid === wanted)
      const size = Math.min(2500, Number(query.get('per_page') ?? 2000))
      return { status: 200, body: pageOf(all, Number(query.get('page') ?? 1), size).map(shown) }
    }
    const sim = fake.byId.get(id)
    if (!sim) return { status: 404, body: { message: 'SimNotFound' } }
    if (rest === 'stats' && daily === 'daily') {
      const days = daysBetween(sim, query.get('start_date') ?? '', query.get('end_date') ?? '')
      const stats = days.map(([date, { upload, download }]) => ({
        date,
        // Doubles, as JSON has them.
        data: { volume: (upload + download) / 1e6, volume_tx: upload / 1e6, volume_rx: download / 1e6 },
      }))
      return { status: 200, body: { stats } }
    }
    if (method === 'DELETE') {
      fake.remove(sim.iccid)
      return { status: 204 }
    }
    if (method === 'GET') return { status: 200, body: shown(sim) }
    const wanted = body?.status?.id
    const ways: Record<SimState, number[]> = { ready: [1, 4], active: [2], suspended: [1], deactivated: [] }
    if (!ways[sim.state].includes(wanted)) return { status: 422, body: { message: 'Invalid status transition' } }
    sim.state = wanted === 1 ? 'active' : 'suspended'
    return { status: 204 }
  },
}
