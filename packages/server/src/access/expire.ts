import { hourMs } from '@mason/contract/time'
import sql from 'sql-template-tag'
import type { PeriodicJob } from '../core/jobs/periodic.ts'
import { deletePortions } from '../core/jobs/portion.ts'

const everyMs = hourMs / 4

/** Forgets answers that were kept for repeated requests, and keys long deleted. */
export const expireIdempotency: PeriodicJob = {
  name: 'expire-idempotency',
  everyMs,
  run: (tx) =>
    deletePortions(tx, {
      idempotency: sql`created_at < now() - interval '24 hours'`,
      api_key: sql`deleted_at < now() - interval '1 day'`,
    }),
}

/** Forgets sessions, links and places that are over, users long removed, and guesses that time has forgiven. */
export const expireSignIns: PeriodicJob = {
  name: 'expire-sign-ins',
  everyMs,
  run: (tx) =>
    deletePortions(tx, {
      user_session: sql`ended_at < now() - interval '1 day' OR expires_at < now() - interval '1 day'
                        OR last_used_at < now() - interval '7 days'`,
      user_link: sql`expires_at < now()`,
      known_place: sql`used_at < now() - interval '1 year'`,
      app_user: sql`deleted_at < now() - interval '1 day'`,
      ended_device_credential: sql`ended_at < now() - interval '1 hour'`,
      guess: sql`at + make_interval(secs => level / per_second) < now()`,
    }),
}
