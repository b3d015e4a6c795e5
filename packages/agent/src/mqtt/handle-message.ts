import { DesiredState } from '@mason/contract/deployment'
import { Command } from '@mason/contract/notification'
import { Compile } from 'typebox/compile'
import { topics } from './topics.ts'

const command = Compile(Command)
const desiredState = Compile(DesiredState)

export interface MessageHandlers {
  /** Receives each command that arrives, including repeated ones. */
  onCommand: (command: Command) => void
  /** Receives what is assigned to the device when that differs from what its last check-in named. */
  onAssigned: (assigned: DesiredState) => void
}

/**
 * Parses a message of one of a device's topics and hands it to the handler of its kind. A message that does not match the
 * contract is dropped. Source: docs/contract.md §6.
 */
export function handleMessage(
  deviceId: string,
  message: { topic: string; payload: Buffer | string },
  { onCommand, onAssigned }: MessageHandlers,
): void {
  const body = parseJson(message.payload.toString())
  if (message.topic === topics.deployments(deviceId)) {
    if (desiredState.Check(body)) onAssigned(body)
  } else if (command.Check(body)) {
    onCommand(body)
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
