import { DesiredState } from '@mason/contract/deployment'
import { Compile } from 'typebox/compile'

const isDesired = Compile(DesiredState)

/** Reads a message of the deployments' topic; undefined where it is none that the contract knows. */
export function readDesired(payload: Buffer | string): DesiredState | undefined {
  try {
    const message: unknown = JSON.parse(payload.toString())
    return isDesired.Check(message) ? message : undefined
  } catch {
    return undefined
  }
}
