import type { DeploymentOutcome } from '@mason/contract/deployment'
import type { NotificationOutcome } from '@mason/contract/notification'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'
import type { Fault } from '../../core/errors.ts'
import { type ReportColumns, toColumns } from './report.ts'
import { readKnown, readOdd, type SentReport } from './sent-report.ts'

/** What a device has sent. */
export interface Arrival {
  device: VerifiedDevice
  said: SentReport | { outcomes: NotificationOutcome[] }
  /** Whether the answer of this report is where the device looks for commands. */
  isAnswered: boolean
  /** Whether the device, which does not know whether it arrived, has sent it again. */
  isRepeat: boolean
}

/** The same, read. */
export interface Message extends Omit<Arrival, 'said'> {
  /** Absent when the device only says what became of notifications. */
  report: ReportColumns | undefined
  sent: Record<string, unknown>
  isPartial: boolean
  faults: Fault[]
  outcomes: NotificationOutcome[]
  deploymentOutcomes: DeploymentOutcome[]
  knownRevision: string | undefined
  /** Commands that the device has and is about to carry out. */
  held: string[]
}

/** Reads what arrived; only an odd report needs what is known of its device. */
export async function readAll(tx: Db, arrivals: Arrival[]): Promise<Message[]> {
  const isOdd = ({ said }: Arrival) => 'isOdd' in said && said.isOdd
  const known = await readKnown(
    tx,
    arrivals.filter(isOdd).map(({ device }) => device),
  )
  return arrivals.map(({ said, ...arrival }) => {
    if ('outcomes' in said)
      return {
        ...arrival,
        report: undefined,
        sent: {},
        isPartial: true,
        faults: [],
        outcomes: said.outcomes,
        deploymentOutcomes: [],
        knownRevision: undefined,
        held: [],
      }
    const { report, faults } = said.isOdd
      ? readOdd(said.sent, known.get(arrival.device.id) ?? {})
      : { report: said.report, faults: [] }
    return {
      ...arrival,
      report: toColumns(report, arrival.isRepeat),
      sent: said.sent,
      isPartial: report.partial === true,
      faults,
      outcomes: report.notificationStates ?? [],
      deploymentOutcomes: report.outcomes ?? [],
      knownRevision: report.deploymentsRevision,
      held: report.heldNotifications ?? [],
    }
  })
}
