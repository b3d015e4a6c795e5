import { percentile } from '../compare.ts'
import type { Context } from '../context.ts'
import { HttpConnection } from '../http-connection.ts'
import { pick } from '../random.ts'
import { getRequest } from '../request.ts'

/** The times of one kind of request, in milliseconds, and the rows of its last answer. */
export interface QueryTimes {
  name: string
  p50: number
  p99: number
  rows: number
}

const warmUps = 10

/** Every filter of the device list and the summary, one request at a time on one connection. */
export const measureQueries = ({ platform, fleet }: Context) => timeRequests(platform, kinds(fleet.ids))

/** Times requests, one at a time on one connection. */
export async function timeRequests(
  platform: Context['platform'],
  kinds: [name: string, path: () => string][],
  requests = 300,
): Promise<QueryTimes[]> {
  const connection = await HttpConnection.open(platform.port)
  const times: QueryTimes[] = []
  try {
    for (const [name, path] of kinds) {
      const taken: number[] = []
      for (let sent = 0; sent < warmUps + requests; sent++) {
        const request = getRequest(path(), platform.ownerKey)
        const startedAt = performance.now()
        const status = await connection.request(request)
        if (status !== 200) throw new Error(`${path()} answered ${status}`)
        if (sent >= warmUps) taken.push(performance.now() - startedAt)
      }
      const rows = await countRows(platform.port, path(), platform.ownerKey)
      const [p50, p99] = [percentile(taken, 0.5), percentile(taken, 0.99)]
      process.stderr.write(`${name}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms\n`)
      times.push({ name, p50, p99, rows })
    }
  } finally {
    connection.close()
  }
  return times
}

async function countRows(port: number, path: string, key: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `basic ${key}` } })
  return ((await answer.json()) as { data: unknown[] }).data.length
}

function kinds(ids: string[]): [name: string, path: () => string][] {
  const number = () => 1 + Math.floor(Math.random() * ids.length)
  const digits = (length: number) => String(number()).padStart(length, '0')
  const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  const familyAt = (at: number) => ['D450', 'D210', 'K7', 'M90', 'T12'][at % 5]
  const groups = ['d450-1', 'd210-3', 'k7-5', 'm90-7', 't12-0']
  const list = (query: () => Record<string, string>) => () => `/v1/default/device?${new URLSearchParams(query())}`
  const middle = () => ids[Math.floor(ids.length / 2)] as string
  return [
    ['first page', list(() => ({}))],
    ['page deep in the list', list(() => ({ after: pick(ids) }))],
    ['page deep in the list, backwards', list(() => ({ before: pick(ids) }))],
    ['last page', list(() => ({ before: 'ffffffff-ffff-ffff-ffff-ffffffffffff' }))],
    ['limit=1', list(() => ({ limit: '1', after: pick(ids) }))],
    ['limit=1000', list(() => ({ limit: '1000', after: pick(ids) }))],
    ['name', list(() => ({ name: `Till ${digits(7)}` }))],
    ['name of none', list(() => ({ name: 'Nothing is called this' }))],
    ['n, one device', list(() => ({ n: `TILL ${digits(7)}` }))],
    ['n, ten devices', list(() => ({ n: `till ${digits(7).slice(0, 6)}` }))],
    ['n, a thousand devices', list(() => ({ n: `till ${digits(7).slice(0, 4)}` }))],
    ['n, every device', list(() => ({ n: 'till' }))],
    ['n, every device, deep', list(() => ({ n: 'till', after: pick(ids) }))],
    ['n, one letter', list(() => ({ n: 'm' }))],
    ['n, of an IMEI', list(() => ({ n: `35693803${digits(7)}` }))],
    ['n, start of every IMEI', list(() => ({ n: '3569' }))],
    ['n, of a serial number', list(() => ({ n: `msn-k7-${digits(8).slice(0, 7)}` }))],
    ['n, of a family by serial number', list(() => ({ n: 'msn-k7' }))],
    ['n, of none', list(() => ({ n: 'zzz' }))],
    ['group of thousands', list(() => ({ group: pick(groups) }))],
    ['group of thousands, deep', list(() => ({ group: pick(groups), after: pick(ids) }))],
    ['group of 25', list(() => ({ group: 'pilot' }))],
    ['group of 25, after its end', list(() => ({ group: 'pilot', after: middle() }))],
    ['family', list(() => ({ family: 'K7' }))],
    ['family, deep', list(() => ({ family: 'K7', after: pick(ids) }))],
    ['family of none', list(() => ({ family: 'Z1' }))],
    ['imei', list(() => ({ imei: `35693803${digits(7)}` }))],
    [
      'serialnumber',
      list(() => {
        const at = number()
        return { serialnumber: `MSN-${familyAt(at)}-${String(at).padStart(8, '0')}` }
      }),
    ],
    ['iccid', list(() => ({ iccid: `8988303000${digits(9)}` }))],
    ['iccid of none', list(() => ({ iccid: '8988303000999999999' }))],
    ['online=true', list(() => ({ online: 'true' }))],
    ['online=true, deep', list(() => ({ online: 'true', after: pick(ids) }))],
    ['online=false', list(() => ({ online: 'false' }))],
    ['online=false, deep', list(() => ({ online: 'false', after: pick(ids) }))],
    ['checkedInBefore, none', list(() => ({ checkedInBefore: ago(60 * 24 * 30) }))],
    ['checkedInBefore 9.9 days ago, few', list(() => ({ checkedInBefore: ago(60 * 24 * 9.9) }))],
    ['checkedInBefore 1 day ago, 3 %', list(() => ({ checkedInBefore: ago(60 * 24) }))],
    ['checkedInBefore 1 day ago, deep', list(() => ({ checkedInBefore: ago(60 * 24), after: pick(ids) }))],
    ['checkedInBefore 20 minutes ago', list(() => ({ checkedInBefore: ago(20) }))],
    ['checkedInBefore now, all', list(() => ({ checkedInBefore: ago(0) }))],
    ['checkedInAfter 30 days ago, all', list(() => ({ checkedInAfter: ago(60 * 24 * 30) }))],
    ['checkedInAfter 1 hour ago, 97 %', list(() => ({ checkedInAfter: ago(60) }))],
    ['checkedInAfter in the future, none', list(() => ({ checkedInAfter: ago(-60) }))],
    ['checkedInAfter + checkedInBefore', list(() => ({ checkedInAfter: ago(60 * 72), checkedInBefore: ago(60 * 71) }))],
    ['group + online=false', list(() => ({ group: pick(groups), online: 'false' }))],
    ['group + online=false, deep', list(() => ({ group: pick(groups), online: 'false', after: pick(ids) }))],
    ['group of 25 + online=false', list(() => ({ group: 'pilot', online: 'false' }))],
    ['family + online=false', list(() => ({ family: 'K7', online: 'false' }))],
    ['group + family of another', list(() => ({ group: 'd450-1', family: 'K7' }))],
    ['group + checkedInBefore 1 day ago', list(() => ({ group: pick(groups), checkedInBefore: ago(60 * 24) }))],
    ['group + n, every device', list(() => ({ group: pick(groups), n: 'till' }))],
    ['online=false + n, every device', list(() => ({ online: 'false', n: 'till' }))],
    ['online=false + n, ten devices', list(() => ({ online: 'false', n: `till ${digits(7).slice(0, 6)}` }))],
    ['summary', () => '/v1/default/summary'],
    ['groups', () => '/v1/default/group'],
  ]
}
