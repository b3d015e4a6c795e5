import type { CarrierOptions } from '@mason/contract/carrier'
import type { CarrierTypeName } from '@mason/contract/carrier-type'
import sql, { type Sql } from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** A connection that a node serves until its lease is over. */
export interface Claimed {
  accountId: string
  name: string
  type: CarrierTypeName
  options: CarrierOptions
  credentials: Buffer | null
  lease: string
}

/** A node that renews its lease no more is dead, or cut off from the database. */
const leaseSeconds = 30
/** Connections whose sync is due that one look considers. */
const lookedAt = 500

/** Where it stands what carriers are to be asked for, and when. */
interface Waiting {
  table: Sql
  isWaiting: Sql
  due: Sql
}
const states: Waiting = { table: sql`sim`, isWaiting: sql`pending_state IS NOT NULL`, due: sql`carrier_due` }
const settings: Waiting = { table: sql`sim_setting`, isWaiting: sql`due IS NOT NULL`, due: sql`due` }

/** Steps from connection to connection through what is waiting, however many SIMs each has. */
const carriersOf = (name: Sql, { table, isWaiting }: Waiting): Sql => sql`
  (SELECT account_id, carrier FROM ${table} WHERE ${isWaiting} ORDER BY account_id, carrier LIMIT 1)
  UNION ALL
  SELECT next.account_id, next.carrier FROM ${name} AS p CROSS JOIN LATERAL (
    SELECT account_id, carrier FROM ${table} AS s
    WHERE ${isWaiting} AND (s.account_id, s.carrier) > (p.account_id, p.carrier)
    ORDER BY account_id, carrier LIMIT 1) AS next`

const dueAmong = (carriers: Sql, { table, isWaiting, due }: Waiting): Sql => sql`
  SELECT account_id, carrier AS name FROM ${carriers} AS p
  WHERE (SELECT ${due} FROM ${table} AS s
         WHERE s.account_id = p.account_id AND s.carrier = p.carrier AND ${isWaiting}
         ORDER BY ${due} LIMIT 1) <= now()`

/** Takes connections that have something to do: SIMs or settings to change, or a sync. Those that waited longest come first. */
export async function claimDue(db: Db, lease: string, most: number): Promise<Claimed[]> {
  const { rows } = await db.query<Claimed>(sql`
    WITH RECURSIVE changing AS (${carriersOf(sql`changing`, states)}), telling AS (${carriersOf(sql`telling`, settings)}),
    due AS (
      ${dueAmong(sql`changing`, states)}
      UNION
      ${dueAmong(sql`telling`, settings)}
      UNION
      SELECT * FROM (
        SELECT account_id, name FROM carrier
        WHERE sync_due <= now() AND (leased_until IS NULL OR leased_until < now())
        ORDER BY sync_due LIMIT ${lookedAt}) AS syncs),
    free AS (
      SELECT c.account_id, c.name FROM due JOIN carrier AS c USING (account_id, name)
      WHERE (leased_until IS NULL OR leased_until < now()) AND (held_until IS NULL OR held_until <= now())
      ORDER BY served_at NULLS FIRST LIMIT ${most} FOR NO KEY UPDATE OF c SKIP LOCKED)
    UPDATE carrier AS c SET lease = ${lease}, leased_until = now() + make_interval(secs => ${leaseSeconds})
    FROM free WHERE c.account_id = free.account_id AND c.name = free.name
    RETURNING c.account_id AS "accountId", c.name, c.type, c.options, c.credentials, c.lease`)
  return rows
}

/**
 * Renews the leases of connections that this node serves. One whose row is locked has its turn again before its lease is over.
 *
 * @returns those that it does not serve any more.
 */
export async function renew(db: Db, served: readonly Claimed[]): Promise<Claimed[]> {
  if (served.length === 0) return []
  const { rows } = await db.query<{ key: string }>(sql`
    WITH ours AS (
      SELECT c.account_id, c.name, t.key
      FROM unnest(${served.map(({ accountId }) => accountId)}::uuid[], ${served.map(({ name }) => name)}::text[],
                  ${served.map(({ lease }) => lease)}::uuid[], ${served.map(keyOf)}::text[]) AS t (account_id, name, lease, key)
      JOIN carrier AS c ON c.account_id = t.account_id AND c.name = t.name AND c.lease = t.lease WHERE c.leased_until > now()),
    free AS (
      SELECT c.account_id, c.name FROM ours JOIN carrier AS c USING (account_id, name) FOR NO KEY UPDATE OF c SKIP LOCKED),
    renewed AS (
      UPDATE carrier AS c SET leased_until = now() + make_interval(secs => ${leaseSeconds})
      FROM free WHERE c.account_id = free.account_id AND c.name = free.name)
    SELECT key FROM ours`)
  const ours = new Set(rows.map(({ key }) => key))
  return served.filter((claimed) => !ours.has(keyOf(claimed)))
}

const keyOf = ({ accountId, name, lease }: Claimed): string => `${accountId} ${lease} ${name}`

export async function release(db: Db, { accountId, name, lease }: Claimed): Promise<void> {
  await db.query(sql`
    UPDATE carrier SET lease = NULL, leased_until = NULL, served_at = clock_timestamp()
    WHERE account_id = ${accountId} AND name = ${name} AND lease = ${lease}`)
}
