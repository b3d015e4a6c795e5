import { Command } from '@mason/contract/notification'
import { Compile } from 'typebox/compile'

const isCommand = Compile(Command)

/** Reads a message of the commands' topic; undefined where it is no command that the contract knows. */
export function readCommand(payload: Buffer | string): Command | undefined {
  try {
    const message: unknown = JSON.parse(payload.toString())
    return isCommand.Check(message) ? message : undefined
  } catch {
    return undefined
  }
}
