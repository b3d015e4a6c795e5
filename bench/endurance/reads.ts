import type { Fleet } from '../fleet.ts'
import { pick } from '../random.ts'
import { getRequest } from '../request.ts'
import { iccidOf } from '../sims.ts'
import type { Latencies } from './latencies.ts'
import { RequestsAtTheirPace } from './open-load.ts'

interface Reads {
  port: number
  key: string
  fleet: Fleet
  sims: number
}

const perSecond = 50

/** What people and scripts read all the time. */
const paths: readonly ((reads: Reads) => string)[] = [
  ({ fleet }) => `device/${pick(fleet.ids)}`,
  ({ fleet }) => `device?limit=100&after=${pick(fleet.ids)}`,
  ({ sims }) => `sim/${iccidOf(Math.floor(Math.random() * sims))}`,
  ({ fleet }) => `event?device=${pick(fleet.ids)}`,
  () => 'summary',
  () => 'deployment',
  () => 'device?online=false&limit=50',
  () => 'notification?state=queued&limit=50',
]

/** Fragments of names and numbers: few, some and many devices have them. */
const searches: readonly (() => string)[] = [
  () => `Till ${digits(7)}`,
  () => `000${digits(4)}`,
  () => digits(5),
  () => `K7-000${digits(2)}`,
  () => 'MSN',
]

const digits = (count: number) => String(Math.floor(Math.random() * 10 ** count)).padStart(count, '0')

export function startReads(reads: Reads, latencies: Latencies): RequestsAtTheirPace {
  return start(reads, perSecond, () => pick(paths)(reads), latencies)
}

/** A search every second. */
export function startSearches(reads: Reads, latencies: Latencies): RequestsAtTheirPace {
  return start(reads, 1, () => `device?n=${encodeURIComponent(pick(searches)())}`, latencies)
}

function start({ port, key }: Reads, rate: number, next: () => string, latencies: Latencies): RequestsAtTheirPace {
  return new RequestsAtTheirPace({
    port,
    connections: 16,
    perSecond: rate,
    next: (dueMs) => {
      const path = `/v1/default/${next()}`
      const answered = (status: number) => {
        latencies.note(dueMs)
        if (status !== 200) process.stderr.write(`${path} was answered ${status}\n`)
      }
      return { dueMs, request: getRequest(path, key), answered }
    },
  })
}
