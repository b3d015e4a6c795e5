import { oneNceDocument } from './documents/1nce.ts'
import {
  type Dialect,
  daysBetween,
  type FakeAnswer,
  type FakeRequest,
  type FakeSim,
  megabytes,
  pageOf,
} from './fake.ts'

// As 1NCE documents its SIM Management API v1.

const shown = (sim: FakeSim) => ({
  ...{ iccid: sim.iccid.slice(0, -1), iccid_with_luhn: sim.iccid, imsi: `90140${sim.id.slice(-10)}` },
  ...{ msisdn: `882285${sim.id.slice(-9)}`, label: `label ${sim.id}`, imei_lock: sim.imeiLock !== undefined },
  // With the software version in place of the check digit.
  ...(sim.imei !== undefined && { imei: `${sim.imei.slice(0, 14)}01` }),
  status: sim.state === 'active' ? 'Enabled' : 'Disabled',
  ...(sim.state !== 'ready' && { activation_date: '2026-03-09T07:59:09.000+0000' }),
})

/** A SIM loses what a change does not name. */
function change(sim: FakeSim, { iccid, label, imei_lock, status }: FakeRequest['body']): FakeAnswer {
  if (iccid !== sim.id || label !== `label ${sim.id}` || imei_lock === undefined)
    return { status: 400, body: { message: 'the SIM would lose its label or lock' } }
  if (status !== shown(sim).status) sim.state = status === 'Enabled' ? 'active' : 'suspended'
  sim.imeiLock = imei_lock ? (sim.imeiLock ?? sim.imei) : undefined
  return { status: 200 }
}

export const oneNce: Dialect = {
  type: '1nce',
  document: oneNceDocument,
  credentials: { username: 'shop', password: 'pass:word' },
  idOf: (iccid) => iccid.slice(0, -1),
  authenticate({ method, path, headers, body }, fake) {
    if (path !== '/oauth/token' || method !== 'POST') return undefined
    const known = `Basic ${Buffer.from('shop:pass:word').toString('base64')}`
    if (headers.authorization !== known || body?.grant_type !== 'client_credentials')
      return { status: 401, body: { error: 'invalid_client' } }
    return { status: 200, body: { access_token: fake.newToken(), token_type: 'bearer', expires_in: 3600 } }
  },
  isAuthenticated: ({ headers }, fake) => fake.tokens.has((headers.authorization ?? '').replace('Bearer ', '')),
  answer({ method, path, query, body }, fake) {
    const [, version, sims, id = '', rest] = path.split('/')
    if (version !== 'v1' || sims !== 'sims') return undefined
    const size = Number(query.get('pageSize') ?? 10)
    if (id === '') {
      if (size > 100) return { status: 400, body: { message: 'pageSize is at most 100' } }
      const all = [...fake.sims.values()]
      const pages = Math.ceil(all.length / size)
      const page = pageOf(all, Number(query.get('page') ?? 1), size)
      return { status: 200, headers: { 'x-total-pages': String(pages) }, body: page.map(shown) }
    }
    const sim = fake.byId.get(id)
    if (!sim) return { status: 404, body: { status: 404, message: 'SIM not found' } }
    if (rest === 'usage') {
      const days = daysBetween(sim, query.get('start_dt') ?? '', query.get('end_dt') ?? '')
      const stats = days.map(([day, { upload, download }]) => ({
        date: `${day}T00:00:00.000Z`,
        data: {
          ...{ volume: megabytes(upload + download), volume_tx: megabytes(upload), volume_rx: megabytes(download) },
          traffic_type: { id: 5, description: 'Data', unit: 'MB' },
        },
        sms: { volume: '0', volume_tx: '0', volume_rx: '0' },
      }))
      return { status: 200, body: { stats } }
    }
    if (method === 'GET') return { status: 200, body: shown(sim) }
    return method === 'PUT' ? change(sim, body) : undefined
  },
}
