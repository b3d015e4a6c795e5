import type { NewNotification } from '@mason/contract/notification'
import type { Window } from '@mason/contract/window'
import sql, { type Sql } from 'sql-template-tag'
import { invalid } from '../../core/errors.ts'
import { readNotBefore } from '../../core/window.ts'

/** When commands may be carried out. */
export interface Timing {
  /** RFC 3339. */
  notBefore: string | null
  window: Window | null
}

const daySeconds = 86_400
/** A window of a single day of the week opens once within it, whenever the command is sent. */
const secondsWithWindow = 8 * daySeconds

/** When commands are due that have no time of their own. */
export const untimed: Sql = sql`(SELECT NULL::timestamptz AS wakes_at, NULL::timestamptz AS closes_at)`

export function readTiming({ expiresIn, ...input }: Omit<NewNotification, 'type' | 'payload'>): {
  timing: Timing
  expiresAt: Sql | undefined
} {
  const timing: Timing = { notBefore: readNotBefore(input.notBefore), window: input.window ?? null }
  const { notBefore, window } = timing
  const seconds = expiresIn ?? (window ? secondsWithWindow : daySeconds)
  if (seconds > 0)
    return { timing, expiresAt: sql`greatest(now(), ${notBefore}::timestamptz) + make_interval(secs => ${seconds})` }
  if (notBefore !== null || window) throw invalid('/expiresIn', 'must not be 0 with notBefore or window')
  return { timing, expiresAt: undefined }
}
