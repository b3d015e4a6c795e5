import { CommandRunner, type Hooks } from '../command/command-runner.ts'
import type { RunHook } from '../command/hook.ts'
import type { Journal } from '../command/journal.ts'
import { Outbox } from '../command/outbox.ts'
import type { Credential } from '../credential/credential.ts'
import { Deployer, type DeployerOptions } from '../deploy/deployer.ts'
import { type Ports, Xray } from '../xray/xray.ts'
import { CredentialRefused } from './credential-refused.ts'
import { holdSession, type SessionOptions } from './session.ts'
import { WakeUp } from './wake-up.ts'

export interface AgentOptions
  extends Pick<
    SessionOptions,
    'isOnce' | 'readReport' | 'openExchange' | 'openChannel' | 'delay' | 'random' | 'log' | 'onFirstCheckIn' | 'signal'
  > {
  readCredential: () => Promise<Credential>
  journal: Journal
  hooks: Hooks
  hookTimeoutMs: number
  runHook: RunHook
  /** How to install what is deployed. */
  deploy: Pick<DeployerOptions, 'hook' | 'runLine' | 'path' | 'folder'>
  /** What it offers over X-Ray; nothing by default. */
  xray?: Ports
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Reports on the host and carries out commands until the signal aborts. The first check-in is whole and later ones hold
 * what changed; a check-in is whole again when it is unknown what the server holds. When the credential is refused, the
 * agent reads it again, in case the host was enrolled again meanwhile.
 *
 * @throws CredentialRefused when the stored credential is no longer valid; with `isOnce` also ApiError and ConnectionError.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { journal, log } = options
  const due = new WakeUp()
  const outbox = new Outbox(() => due.wake())
  let isWholeAsked = false
  let timezone = new Intl.DateTimeFormat().resolvedOptions().timeZone
  const runner = new CommandRunner({
    ...options,
    timezone: () => timezone,
    outbox,
    askCheckIn: (extent) => {
      isWholeAsked ||= extent === 'whole'
      due.wake()
    },
  })
  const deployer = await Deployer.open({
    ...options,
    ...options.deploy,
    timezone: () => timezone,
    onOutcome: () => due.wake(),
  })
  const xray = new Xray(options.xray ?? {}, options)
  const { offered } = xray
  const session: SessionOptions = {
    ...options,
    deployer,
    readReport: async () => {
      const report = await options.readReport()
      timezone = report.timezone ?? timezone
      return deployer.report({ ...report, ...journal.report(), ...(offered && { xray: offered }) })
    },
    ...(offered && { onCall: xray.receive.bind(xray) }),
    outbox,
    receive: (command) => runner.receive(command),
    dueCommands: () => runner.due(),
    withdraw: (ids) => runner.withdraw(ids),
    idle: async () => {
      await runner.idle()
      await deployer.idle()
    },
    due,
    takeWholeAsked: () => {
      const isAsked = isWholeAsked
      isWholeAsked = false
      return isAsked
    },
  }

  let credential = await options.readCredential()
  while ((await holdSession(credential, session)) === 'credential-refused') {
    let stored = await options.readCredential()
    if (stored.secret === credential.secret) {
      outbox.refuse()
      // A hook that resets the host runs on without the credential, and may be about to enroll again.
      await runner.idle()
      stored = await options.readCredential()
      if (stored.secret === credential.secret) throw new CredentialRefused()
    }
    log('the host was enrolled again; using the new credential')
    credential = stored
  }
}
