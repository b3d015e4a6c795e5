import { Cron } from 'croner'
import { invalid } from '../../core/errors.ts'

/** The times at which a schedule is due. */
interface Times {
  cron: string
  timezone: string
}

/**
 * The first time after a moment at which a schedule is due. A local time that a clock skips is due right after the skip, one that it
 * shows twice the first time.
 *
 * @throws AppError where the fields are wrong, or never come together.
 */
export function nextDue({ cron, timezone }: Times, after: Date): Date {
  const due = read(cron, timezone).nextRun(after)
  if (!due) throw invalid('/cron', 'never comes due')
  return due
}

function read(cron: string, timezone: string): Cron {
  try {
    return new Cron(cron, { timezone, mode: '5-part', paused: true })
  } catch (error) {
    const fault = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : String(error)
    throw invalid('/cron', `cannot be read: ${fault}`)
  }
}
