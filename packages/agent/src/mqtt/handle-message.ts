import { DesiredState } from '@mason/contract/deployment'
import { Command, Withdrawal } from '@mason/contract/notification'
import { XrayCall } from '@mason/contract/xray'
import { Compile } from 'typebox/compile'
import { topics } from './topics.ts'

const command = Compile(Command)
const withdrawal = Compile(Withdrawal)
const desiredState = Compile(DesiredState)
const xrayCall = Compile(XrayCall)

export interface MessageHandlers {
  /** Receives each command that arrives, including repeated ones. */
  onCommand: (command: Command) => void
  /** Receives the ids of held commands that were canceled. */
  onWithdrawn: (ids: readonly string[]) => void
  /** Receives what is assigned to the device when that differs from what its last check-in named. */
  onAssigned: (assigned: DesiredState) => void
  /** Receives who waits for the device over X-Ray; absent for a device that offers nothing. */
  onCall?: (call: XrayCall) => void
}

/**
 * Parses a message of one of a device's topics and hands it to the handler of its kind. A message that does not match the
 * contract is dropped. Source: docs/contract.md §6.
 */
export function handleMessage(
  deviceId: string,
  message: { topic: string; payload: Buffer | string },
  { onCommand, onWithdrawn, onAssigned, onCall }: MessageHandlers,
): void {
  const body = parseJson(message.payload.toString())
  if (message.topic === topics.deployments(deviceId)) {
    if (desiredState.Check(body)) onAssigned(body)
  } else if (message.topic === topics.xray(deviceId)) {
    if (xrayCall.Check(body)) onCall?.(body)
  } else if (command.Check(body)) {
    onCommand(body)
  } else if (withdrawal.Check(body)) {
    onWithdrawn(body.withdrawn)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
