// Receivers of webhooks in a process of their own: most answer at once, one is slow, and one takes requests and never answers.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { percentile } from '../compare.ts'
import { answerOrders } from '../worker.ts'

/** What the bench asks for. */
export type Order = { open: Manner[] } | { report: 'lags' }

/** How a receiver answers. */
export type Manner = 'well' | 'slow' | 'dead'

/** What came to the receivers that answer well since the last report; lags in ms, from the time of an event. */
export interface Lags {
  count: number
  p50: number
  p99: number
  worst: number
  /** Deliveries to each receiver, in the order in which they were opened. */
  counts: number[]
}

const slowMs = 5_000

const answers: Readonly<Record<Manner, (response: ServerResponse) => unknown>> = {
  well: (response) => response.end(),
  slow: (response) => setTimeout(() => response.end(), slowMs),
  dead: () => {},
}

let lags: number[] = []
const counts: number[] = []

/** @returns the address of the receiver. */
async function open(manner: Manner): Promise<string> {
  const index = counts.push(0) - 1
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      counts[index] = (counts[index] ?? 0) + 1
      if (manner === 'well') lags.push(Date.now() - Date.parse(/"time" ?: ?"([^"]+)"/.exec(body)?.[1] ?? ''))
      answers[manner](response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

function report(): Lags {
  const sorted = lags.sort((a, b) => a - b)
  lags = []
  const [p50 = 0, p99 = 0] = [0.5, 0.99].map((share) => percentile(sorted, share))
  return { count: sorted.length, p50, p99, worst: sorted.at(-1) ?? 0, counts: counts.map((count) => count) }
}

answerOrders<Order>((order) => ('open' in order ? Promise.all(order.open.map(open)) : Promise.resolve(report())))
