import { performance } from 'node:perf_hooks'
import { type Answer, EndedConnection, type Outbound } from '../../core/outbound/post.ts'
import type { Sealer } from '../../core/sealer.ts'
import { version } from '../../core/version.ts'
import type { Claimed } from './claim.ts'
import { holdOf, waitAfter } from './schedule.ts'
import { sign } from './secret.ts'
import { faultOf, type Rules } from './url.ts'

/** From the look at the name to the end of the answer; how much of that is kept. Source: docs/contract.md §11. */
export const limits = { timeoutMs: 15_000, keptBytes: 1_024 }

/** What an attempt needs. */
export interface Sending extends Rules {
  outbound: Outbound
  sealer: Sealer
}

/** What an attempt came to, as it is written down. */
export interface Outcome {
  accountId: string
  webhookId: string
  eventId: string
  /** `gone` ends the webhook; `cutOff` is none of the tries, and comes again at once. */
  is: 'succeeded' | 'again' | 'failed' | 'gone' | 'cutOff'
  /** Seconds until it is tried again. */
  wait: number
  /** Seconds for which the receiver wants to be left alone. */
  hold: number
  attempt: { at: string; status?: number; error?: string; latencyMs: number; answer: string }
}

type Result = Pick<Outcome, 'is'> & { hold?: number; status?: number; error?: string; answer?: string }

/** Posts an event to its webhook once. It never rejects. */
export async function attempt(sending: Sending, claimed: Claimed, signal: AbortSignal): Promise<Outcome> {
  const { accountId, webhookId, eventId } = claimed
  const [at, begun] = [new Date(), performance.now()]
  const { is, hold = 0, status, error, answer = '' } = await tryOnce(sending, claimed, at, signal)
  const wait = is === 'again' ? waitAfter(claimed.tries + 1, hold) : 0
  return {
    ...{ accountId, webhookId, eventId, hold },
    is: wait === undefined ? 'failed' : is,
    wait: wait ?? 0,
    attempt: {
      at: at.toISOString(),
      ...(status !== undefined && { status }),
      ...(error !== undefined && { error }),
      latencyMs: Math.round(performance.now() - begun),
      // PostgreSQL takes no NUL.
      answer: answer.replaceAll('\0', '\ufffd'),
    },
  }
}

async function tryOnce(sending: Sending, claimed: Claimed, at: Date, signal: AbortSignal): Promise<Result> {
  const { document, url } = claimed
  if (document === null) return { is: 'failed', error: 'the event is no longer kept (EVENT_DAYS)' }
  const fault = faultOf(url, sending)
  if (fault !== undefined) return { is: 'again', error: `url ${fault}` }
  try {
    const headers = headersOf(sending.sealer, claimed, document, at)
    return judge(await sending.outbound.post(new URL(url), { headers, body: document, ...limits, signal }))
  } catch (error) {
    if (signal.aborted) return { is: 'cutOff', error: 'cut off: the node stopped; whether it arrived is not known' }
    if (error instanceof EndedConnection) return { is: 'cutOff', error: error.message }
    return { is: 'again', error: (error as Error).message.slice(0, 300) }
  }
}

/** Redirects are not followed: whoever controls the receiver would choose where signed events go. */
function judge({ status, retryAfter, text: answer }: Answer): Result {
  if (status >= 200 && status < 300) return { is: 'succeeded', status, answer }
  if (status === 410) return { is: 'gone', status, answer, error: '410 Gone: the webhook was disabled' }
  const isRedirect = status >= 300 && status < 400
  const error = isRedirect ? 'redirects are not followed' : 'the answer is no success'
  return { is: 'again', status, answer, error, hold: holdOf(retryAfter) }
}

function headersOf(sealer: Sealer, { eventId, secret, previousSecret }: Claimed, body: string, at: Date) {
  const secrets = [secret, previousSecret].flatMap((sealed) => (sealed === null ? [] : [sealer.open(sealed)]))
  const timestamp = Math.floor(at.getTime() / 1000)
  return {
    'content-type': 'application/json',
    'user-agent': `Mason-Platform/${version}`,
    'webhook-id': eventId,
    'webhook-timestamp': String(timestamp),
    'webhook-signature': sign(secrets, { id: eventId, timestamp, body }),
  }
}
