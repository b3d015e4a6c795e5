import { type Checkin, type CheckinAnswer, checkin } from '@mason/contract/checkin'
import type { Outbox } from '../command/outbox.ts'
import type { Exchange } from '../http/exchange.ts'

// The limit of one check-in. Source: docs/contract.md §6.
const outcomesPerCheckIn = 1000

/**
 * Checks in over HTTP and delivers the outcomes of commands that wait in the outbox, up to 1,000 of them.
 *
 * @param authorization the whole header.
 * @throws ApiError, ConnectionError as `Exchange.post` does. Source: docs/contract.md §6.
 */
export async function checkInOverHttp(
  body: Checkin,
  { exchange, authorization, outbox }: { exchange: Exchange; authorization: string; outbox: Outbox },
): Promise<CheckinAnswer> {
  const outcomes = outbox.waiting().slice(0, outcomesPerCheckIn)
  const notificationStates = outcomes.length > 0 ? { notificationStates: outcomes } : {}
  const answer = await exchange.post(checkin, { ...body, ...notificationStates }, authorization)
  outbox.confirm(outcomes)
  return answer
}
