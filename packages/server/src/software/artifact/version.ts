import { maxVersion } from '@mason/contract/artifact'
import { invalid } from '../../core/errors.ts'

/** A version as everything but an update of the OS has it. @throws AppError when the text is none. */
export function wholeNumber(version: string, minimum: number): string {
  if (/^(0|[1-9]\d{0,9})$/.test(version) && Number(version) >= minimum && Number(version) <= maxVersion) return version
  throw invalid('/version', `must be a whole number from ${minimum} to ${maxVersion}`)
}

/** A version of scrcpy, as its releases have it. @throws AppError when the text is none. */
export function scrcpyVersion(version: string): string {
  if (/^\d{1,3}(\.\d{1,3}){1,2}$/.test(version)) return version
  throw invalid('/version', 'must be the version of scrcpy, such as 3.3.3')
}
