import { CommandRunner, type Hooks } from '../command/command-runner.ts'
import type { RunHook } from '../command/hook.ts'
import type { Journal } from '../command/journal.ts'
import { Outbox } from '../command/outbox.ts'
import type { Credential } from '../credential/credential.ts'
import { Deployer, type DeployerOptions } from '../deploy/deployer.ts'
import { CredentialRefused } from './credential-refused.ts'
import { Nudge } from './nudge.ts'
import { holdSession, type SessionOptions } from './session.ts'

export interface AgentOptions
  extends Pick<
    SessionOptions,
    'isOnce' | 'readReport' | 'openExchange' | 'openChannel' | 'delay' | 'random' | 'log' | 'signal'
  > {
  readCredential: () => Promise<Credential>
  journal: Journal
  hooks: Hooks
  hookTimeoutMs: number
  runHook: RunHook
  /** Installs what is deployed. */
  deploy: Pick<DeployerOptions, 'hook' | 'runLine' | 'path' | 'folder'>
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * Reports on the host and carries out commands until the signal aborts. Check-ins are whole at first, then what changed,
 * and whole again whenever it is not known what the server holds. A credential that is refused is read anew, for the host
 * may have been enrolled again meanwhile.
 *
 * @throws CredentialRefused when the stored credential is no longer valid; with `isOnce` also ApiError and ConnectionError.
 */
export async function runAgent(options: AgentOptions): Promise<void> {
  const { journal, log } = options
  const due = new Nudge()
  const outbox = new Outbox(() => due.nudge())
  let isWholeAsked = false
  const runner = new CommandRunner({
    ...options,
    outbox,
    askCheckIn: (extent) => {
      isWholeAsked ||= extent === 'whole'
      due.nudge()
    },
  })
  const deployer = await Deployer.open({ ...options, ...options.deploy, onOutcome: () => due.nudge() })
  const session: SessionOptions = {
    ...options,
    deployer,
    readReport: async () => deployer.report({ ...(await options.readReport()), ...journal.report() }),
    outbox,
    receive: (command) => runner.receive(command),
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
      // A hook that resets the host goes on without the credential, and may be about to enrol anew.
      await runner.idle()
      stored = await options.readCredential()
      if (stored.secret === credential.secret) throw new CredentialRefused()
    }
    log('enrolled again meanwhile; going on with the new credential')
    credential = stored
  }
}
