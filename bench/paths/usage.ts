import { dayMs } from '@mason/contract/time'
import type { Context } from '../context.ts'
import { iccidOf } from '../sims.ts'
import { type QueryTimes, timeRequests } from './queries.ts'

const day = (ago: number) => new Date(Date.now() - ago * dayMs).toISOString().slice(0, 10)

/** The reads of usage, one request at a time on one connection. */
export function measureUsage({ options: { sims, days }, platform }: Context): Promise<QueryTimes[]> {
  const anySim = () => iccidOf(Math.floor(Math.random() * sims))
  const path = (rest: string, query: Record<string, string>) => `/v1/default/usage${rest}?${new URLSearchParams(query)}`
  const month = { date: day(days > 31 ? 31 : 1) }
  const series = { start: day(days), end: day(0) }
  const marker = () => ({ marker: `customer:c${Math.floor(Math.random() * 20)}` })
  return timeRequests(platform, [
    ['account, month', () => path('', month)],
    ['account, month, every value of a marker', () => path('', { ...month, marker: 'customer' })],
    [`account, ${days} days`, () => path('/series', series)],
    [`one value of a marker, ${days} days`, () => path('/series', { ...series, ...marker() })],
    ['page of 100 SIMs, month', () => path('/sim', { ...month, after: anySim() })],
    ["page of 100 of a marker's SIMs, month", () => path('/sim', { ...month, ...marker(), after: anySim() })],
    ['one SIM, month', () => path(`/sim/${anySim()}`, month)],
    [`one SIM, ${days} days`, () => path(`/sim/${anySim()}/series`, series)],
  ])
}
