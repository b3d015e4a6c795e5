import type { CheckinAnswer } from '@mason/contract/checkin'

const shownFaults = 5

/** Makes a function that logs which members of a check-in the server ignored, once for as long as they stay the same. */
export function ignoredLogger(log: (line: string) => void): (ignored: CheckinAnswer['ignored']) => void {
  let last = ''
  return (faults = []) => {
    const shown = faults.slice(0, shownFaults)
    const line = shown.map(({ path, message }) => `${path} ${message}`).join('; ')
    const more = faults.length > shownFaults ? `; and ${faults.length - shownFaults} more` : ''
    if (line !== '' && line !== last) log(`the server ignored what it cannot read: ${line}${more}`)
    last = line
  }
}
