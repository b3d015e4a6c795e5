import sql from 'sql-template-tag'
import { ofDatabase } from '../check.ts'

/** Tokens and sign-ins bear less than a minute; what is done by the second is late earlier. */
const most = { fault: 60_000, warning: 2_000 }

/** The clock of this machine beside PostgreSQL's. */
export const clock = ofDatabase('clock', async (database) => {
  const before = Date.now()
  const { rows } = await database.query<{ ms: number }>(
    sql`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms`,
  )
  const after = Date.now()
  const theirs = rows[0]?.ms ?? 0
  // It was read some time between the two.
  const apart = Math.max(0, before - theirs, theirs - after)
  const text = `The clocks of this machine and of PostgreSQL are ${(apart / 1000).toFixed(1)} s apart; let a time service (chrony, systemd-timesyncd) set both`
  if (apart > most.fault) return { faults: [text] }
  return { seen: "that of this machine is PostgreSQL's", ...(apart > most.warning && { warnings: [text] }) }
})
