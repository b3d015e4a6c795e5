import { checkin } from '@mason/contract/checkin'
import type { DesiredState } from '@mason/contract/deployment'
import type { Command } from '@mason/contract/notification'
import { composeCheckin } from '../check-in/compose.ts'
import { intervalMs } from '../check-in/interval.ts'
import type { Report } from '../check-in/report.ts'
import { judgeFailure } from '../check-in/verdict.ts'
import type { Outbox } from '../command/outbox.ts'
import type { Credential } from '../credential/credential.ts'
import type { Deployer } from '../deploy/deployer.ts'
import { basicAuthorization } from '../http/basic.ts'
import type { Exchange } from '../http/exchange.ts'
import type { OpenChannel } from '../mqtt/channel.ts'
import { ChannelKeeper } from '../mqtt/channel-keeper.ts'
import { topics } from '../mqtt/topics.ts'
import { Nudge } from './nudge.ts'

// A check-in takes at most so many. Source: contract §6.
const outcomesPerCheckIn = 1000
const shownFaults = 5

export interface SessionOptions {
  /** Stop after the first check-in and the commands that it brought. */
  isOnce: boolean
  readReport: () => Promise<Report>
  openExchange: (server: string) => Exchange
  openChannel: OpenChannel
  /** Waits; rejects when the signal aborts. */
  delay: (ms: number, signal: AbortSignal) => Promise<void>
  /** From 0 to 1. */
  random: () => number
  log: (line: string) => void
  signal: AbortSignal
  outbox: Outbox
  /** Takes the commands that arrive. */
  receive: (command: Command) => void
  deployer: Deployer
  /** Resolves when nothing is left to do of what was received. */
  idle: () => Promise<void>
  /** A check-in is wanted now. */
  due: Nudge
  /** Whether a check-in of everything was asked for since this was last called. */
  takeWholeAsked: () => boolean
}

/** Talks with the platform under one credential: over MQTT while that is possible, else over HTTP. */
export async function holdSession(
  credential: Credential,
  options: SessionOptions,
): Promise<'credential-refused' | 'done'> {
  const { isOnce, delay, log, random, outbox, due, deployer } = options
  const { id, mqtt } = credential
  const ended = new AbortController()
  const signal = AbortSignal.any([options.signal, ended.signal])
  const exchange = options.openExchange(credential.server)
  const authorization = basicAuthorization(credential)
  deployer.use({ server: credential.server, authorization })
  const receiveDesired = (desired: DesiredState) => deployer.receive(desired)
  const cut = () => void exchange.close()
  signal.addEventListener('abort', cut)
  // There is a channel, or doubt about the credential: no reason to go on waiting because HTTP failed.
  const changed = new Nudge()
  const keeper =
    mqtt && !isOnce
      ? new ChannelKeeper({
          open: () => options.openChannel(mqtt.url, credential, options.receive, receiveDesired),
          onOpen: (channel) => {
            changed.nudge()
            return outbox.attach((outcome) => {
              const { id: notificationId, ...body } = outcome
              return channel.publish(topics.outcome(id, notificationId), body)
            })
          },
          onRefused: () => changed.nudge(),
          delay,
          random,
          log,
          signal,
        })
      : undefined
  let usualMs = intervalMs(credential.checkinSeconds)
  let known: Report | undefined
  let failures = 0
  let lastIgnored = ''

  /** Says once what the server could not read. */
  function logIgnored(faults: readonly { path: string; message: string }[]): void {
    const ignored = faults
      .slice(0, shownFaults)
      .map(({ path, message }) => `${path} ${message}`)
      .join('; ')
    const more = faults.length > shownFaults ? `; and ${faults.length - shownFaults} more` : ''
    if (ignored !== '' && ignored !== lastIgnored) log(`the server left out what it cannot read: ${ignored}${more}`)
    lastIgnored = ignored
  }

  async function checkIn(report: Report): Promise<void> {
    const members = deployer.members()
    const body = { ...composeCheckin(known, report), ...members }
    const channel = keeper?.channel
    if (channel) {
      await channel.publish(topics.checkin(id), body)
      deployer.confirm(members.outcomes)
      keeper.prove()
      return
    }
    const outcomes = outbox.waiting().slice(0, outcomesPerCheckIn)
    const notificationStates = outcomes.length > 0 ? { notificationStates: outcomes } : {}
    const answer = await exchange.post(checkin, { ...body, ...notificationStates }, authorization)
    logIgnored(answer.ignored ?? [])
    outbox.confirm(outcomes)
    deployer.confirm(members.outcomes)
    if (outbox.waiting().length > 0) due.nudge()
    usualMs = intervalMs(answer.checkinSeconds)
    for (const command of answer.notifications) options.receive(command)
    if (answer.deployments) deployer.receive(answer.deployments)
  }

  try {
    await keeper?.firstAttempt
    let isFirst = true
    while (!signal.aborted) {
      const asked = due.take()
      const reconsidered = changed.take()
      const report = await options.readReport()
      if (options.takeWholeAsked()) known = undefined
      try {
        await checkIn(report)
        if (isFirst) log('checked in')
        isFirst = false
        known = report
        failures = 0
        if (isOnce) {
          await Promise.race([options.idle(), aborted(asked), aborted(signal)])
          if (asked.aborted) continue
          break
        }
        await delay(usualMs, AbortSignal.any([signal, asked, reconsidered])).catch(() => {})
      } catch (error) {
        if (signal.aborted) break
        failures += 1
        const verdict = judgeFailure(error, { failures, intervalMs: usualMs, random: random() })
        if (verdict.outcome === 'credential-refused') return verdict.outcome
        if (isOnce) throw error
        if (!verdict.isStateKnown) known = undefined
        log(`check-in failed, next in ${Math.ceil(verdict.waitMs / 1000)} s: ${messageOf(error)}`)
        await delay(verdict.waitMs, AbortSignal.any([signal, reconsidered])).catch(() => {})
      }
    }
  } finally {
    ended.abort()
    signal.removeEventListener('abort', cut)
    await exchange.close()
  }
  return 'done'
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) return resolve()
    signal.addEventListener('abort', () => resolve(), { once: true })
  })

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
