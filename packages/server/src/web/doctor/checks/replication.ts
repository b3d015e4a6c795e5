import sql from 'sql-template-tag'
import { ofDatabase } from '../check.ts'

/** Standbys of PostgreSQL: a commit that waits for one that is not there waits for ever. */
export const replication = ofDatabase('replication', async (database) => {
  const { rows } = await database.query<{ wanted: string; standbys: number; slots: number }>(sql`
    SELECT current_setting('synchronous_standby_names') AS wanted, count(*)::int AS standbys,
      (SELECT count(*)::int FROM pg_replication_slots
       WHERE NOT active AND pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > 1e10) AS slots
    FROM pg_stat_replication`)
  const { wanted = '', standbys = 0, slots = 0 } = rows[0] ?? {}
  return {
    seen: standbys === 0 ? 'no standby' : `${standbys} connected${wanted === '' ? '' : ', synchronous'}`,
    ...(wanted !== '' &&
      standbys === 0 && {
        faults: [
          `PostgreSQL waits for a synchronous standby and none is connected, so no change is committed; start one, or empty its synchronous_standby_names`,
        ],
      }),
    ...(slots > 0 && {
      warnings: [
        'A replication slot of PostgreSQL that nobody reads keeps more than 10 GB of its log; start its standby, or drop the slot (pg_drop_replication_slot) before the disk is full',
      ],
    }),
  }
})
