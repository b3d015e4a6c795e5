import { readFile } from 'node:fs/promises'
import { writePrivateFile } from '../credential/private-file.ts'

/** That an agent has checked in since it was started. */
interface CheckedIn {
  /** The process that did. */
  pid: number
  /** Which program it is; absent where it runs from its sources. */
  build?: string
}

const fileOf = (state: string) => `${state}.checked-in`

/** Notes beside the credential that this process has checked in. */
export const noteCheckIn = (state: string, checkedIn: CheckedIn): Promise<void> =>
  writePrivateFile(fileOf(state), `${JSON.stringify(checkedIn)}\n`)

/** @returns who checked in last; undefined where nobody has. */
export const readCheckIn = (state: string): Promise<CheckedIn | undefined> =>
  readFile(fileOf(state), 'utf8').then(
    (text) => JSON.parse(text) as CheckedIn,
    () => undefined,
  )
