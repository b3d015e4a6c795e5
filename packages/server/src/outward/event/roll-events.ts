import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { rollDays } from '../../core/jobs/roll-days.ts'

/** A list takes 4 ms to plan over 95 partitions, and 40 over 400: long retention has longer partitions. */
const mostPartitions = 90

/** Events lie by their ids, which rise: a day begins when their numbers leap to where its partition begins. */
export const rollEvents = (keptDays: number) =>
  rollDays('roll-events', {
    name: 'event',
    key: 'id',
    time: 'time',
    keptDays,
    daysEach: Math.ceil(keptDays / mostPartitions),
    before: 'event_before',
    bounds: nextBounds,
    begin: async (tx, partition) => {
      await tx.query(sql`SELECT begin_event_day(${partition})`)
    },
  })

async function nextBounds(tx: Db): Promise<{ from: string; to: string }> {
  const { rows } = await tx.query<{ from: string; to: string }>(sql`SELECT "from", "to" FROM next_event_day()`)
  const [bounds] = rows
  if (!bounds) throw new Error('There is no room for another day of events')
  return bounds
}
