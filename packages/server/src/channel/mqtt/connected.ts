import type { Client } from 'aedes'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Intake } from './intake.ts'

/** A device that is connected at this gateway. */
export interface Connected {
  client: Client
  device: VerifiedDevice
  intake: Intake
  isSubscribed: boolean
  /** Whether it wants to hear what it is to have. */
  readsDeployments: boolean
  /** Whether it wants to hear who waits for it over X-Ray. */
  readsXray: boolean
  /** Whether the table says that it is connected here. */
  isNoted: boolean
  /** Whether more commands wait for it than it was handed at once. */
  hasMore: boolean
  /** How many free answers are left to each command that left on this connection; absent while there is none. */
  handedOut: Map<string, number> | undefined
  /** How many of these it has not answered yet. */
  unanswered: number
  /** What it said last of all must have been taken in before what it says next. */
  turn: Promise<unknown>
  /** Whether it is shown the door: nothing that it says counts any more. */
  isEnding: boolean
  /** Why a message of it was last dropped: said once, not for each. */
  complaint: string | undefined
}

export const connection = (client: Client, device: VerifiedDevice, intake: Intake): Connected => ({
  client,
  device,
  intake,
  isSubscribed: false,
  readsDeployments: false,
  readsXray: false,
  isNoted: false,
  hasMore: false,
  handedOut: undefined,
  unanswered: 0,
  turn: Promise.resolve(),
  isEnding: false,
  complaint: undefined,
})

/** A device may acknowledge a command, and then say that it failed. */
const answersEach = 2
/** What was handed out before is answered at the device's own rate. */
const maxHandedOut = 1_000

export function handOut(known: Connected, command: string): void {
  known.handedOut ??= new Map()
  if (known.handedOut.get(command) !== answersEach) known.unanswered++
  known.handedOut.set(command, answersEach)
  const [oldest] = known.handedOut.keys()
  if (known.handedOut.size <= maxHandedOut || oldest === undefined) return
  takeAnswer(known, oldest)
  known.handedOut.delete(oldest)
}

/** Whether an answer to this command costs nothing. */
export function takeAnswer(known: Connected, command: string): boolean {
  const left = known.handedOut?.get(command)
  if (left === undefined) return false
  if (left === answersEach) known.unanswered--
  if (left > 1) known.handedOut?.set(command, left - 1)
  else known.handedOut?.delete(command)
  return true
}
