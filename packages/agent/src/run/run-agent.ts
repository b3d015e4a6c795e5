import { checkin } from '@mason/contract/checkin'
import { composeCheckin } from '../check-in/compose.ts'
import { intervalMs } from '../check-in/interval.ts'
import type { Report } from '../check-in/report.ts'
import { judgeFailure } from '../check-in/verdict.ts'
import type { Credential } from '../credential/credential.ts'
import { basicAuthorization } from '../http/basic.ts'
import type { Exchange } from '../http/exchange.ts'
import { CredentialRefused } from './credential-refused.ts'

export interface AgentOptions {
  /** Stop after the first check-in, whether it succeeds or not. */
  isOnce: boolean
  readCredential: () => Promise<Credential>
  readReport: () => Promise<Report>
  openExchange: (server: string) => Exchange
  /** Waits; rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  random: () => number
  log: (line: string) => void
  signal: AbortSignal
}

/**
 * Checks in until the signal aborts: a whole report first, then what changed, and whole again whenever it is not known
 * what the server holds. A credential that is refused is read anew, for the host may have been enrolled again meanwhile.
 *
 * @throws CredentialRefused when the stored credential is no longer valid; with `isOnce` also ApiError and ConnectionError.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  let credential = await options.readCredential()
  while ((await checkInWith(credential, options)) === 'credential-refused') {
    const stored = await options.readCredential()
    if (stored.secret === credential.secret) throw new CredentialRefused()
    options.log('enrolled again meanwhile; going on with the new credential')
    credential = stored
  }
}

async function checkInWith(credential: Credential, options: AgentOptions): Promise<'credential-refused' | 'done'> {
  const { delay, isOnce, log, random, signal } = options
  const exchange = options.openExchange(credential.server)
  const authorization = basicAuthorization(credential)
  const cut = () => void exchange.close()
  signal.addEventListener('abort', cut)
  let usualMs = intervalMs(credential.checkinSeconds)
  let known: Report | undefined
  let failures = 0
  try {
    while (!signal.aborted) {
      const report = await options.readReport()
      try {
        const answer = await exchange.post(checkin, composeCheckin(known, report), authorization)
        if (!known) log('checked in')
        if (isOnce) break
        usualMs = intervalMs(answer.checkinSeconds)
        known = report
        failures = 0
        await delay(usualMs, signal)
      } catch (error) {
        if (signal.aborted) break
        failures += 1
        const verdict = judgeFailure(error, { failures, intervalMs: usualMs, random: random() })
        if (verdict.outcome === 'credential-refused') return verdict.outcome
        if (isOnce) throw error
        if (!verdict.isStateKnown) known = undefined
        log(`check-in failed, next in ${Math.ceil(verdict.waitMs / 1000)} s: ${messageOf(error)}`)
        await delay(verdict.waitMs, signal).catch(() => {})
      }
    }
  } finally {
    signal.removeEventListener('abort', cut)
    await exchange.close()
  }
  return 'done'
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
