import sql from 'sql-template-tag'
import { v5 as uuidv5 } from 'uuid'
import type { Db } from '../../core/db/database.ts'
import { nextMembers } from './place.ts'
import type { RollOut } from './running.ts'
import { assign, type Counts, freeOf, lockFreeOrFirst, type Means, type Running, system } from './running.ts'

/** How many more are to be told on entering a step: its share of those that did not join later, rounded up. */
export function findDue({ steps }: Running, counts: Counts, step: number): number {
  const placed = counts.waiting + counts.told + counts.succeeded + counts.failed - counts.late
  const turns = Math.floor((placed * (steps[step - 1] ?? 100) + 99) / 100)
  return Math.max(0, turns - (placed - (counts.waiting - counts.late)))
}

/** Tells the first of those that wait, up to so many. @returns how many, and before which place nobody waits any more. */
export async function tell(
  tx: Db,
  means: Means,
  rollOut: RollOut,
  running: Running,
  most: number,
): Promise<{ told: number; through: number }> {
  const { accountId, id } = rollOut
  const { rows: first } = await tx.query<{ device_id: string; place: number }>(sql`
    SELECT device_id, place FROM deployment_device
    WHERE account_id = ${accountId} AND deployment_id = ${id} AND state = 'waiting' AND place >= ${running.told_through}
    ORDER BY place, device_id LIMIT ${Math.min(most, means.size)}`)
  const free = await lockFreeOrFirst(
    tx,
    accountId,
    first.map(({ device_id: device }) => device),
  )
  const { rows } = await tx.query<{ device_id: string }>(sql`
    UPDATE deployment_device SET state = 'told', step = ${running.step}, told_at = now()
    WHERE account_id = ${accountId} AND deployment_id = ${id} AND device_id = ANY (${free}::uuid[]) AND state = 'waiting'
    RETURNING device_id`)
  const told = rows.map(({ device_id: device }) => device)
  await offer(tx, means, rollOut, running, told)
  const isTold = new Set(told)
  const last = first.find(({ device_id: device }) => !isTold.has(device)) ?? first.at(-1)
  return { told: told.length, through: last?.place ?? running.told_through }
}

/** Tells the next devices as they get their rows; who is locked waits for the end. @returns those that were looked at. */
export async function tellMembers(tx: Db, means: Means, rollOut: RollOut, running: Running): Promise<string[]> {
  const { accountId, id } = rollOut
  const { rows } = await tx.query<{ seen: string[]; told: string[] }>(sql`
    WITH ${nextMembers(means, rollOut, running)},
    free AS MATERIALIZED (${freeOf(accountId, sql`ARRAY(SELECT id FROM member WHERE can_be_given(kind, ${running.type}))`)}),
    placed AS (
      INSERT INTO deployment_device (account_id, deployment_id, device_id, place, state, step, told_at)
      SELECT ${accountId}, ${id}, m.id, 0,
             CASE WHEN f.id IS NOT NULL THEN 'told' WHEN can_be_given(m.kind, ${running.type}) THEN 'waiting' ELSE 'unsupported' END,
             CASE WHEN f.id IS NOT NULL THEN ${running.step}::int END, CASE WHEN f.id IS NOT NULL THEN now() END
      FROM member AS m LEFT JOIN free AS f USING (id)
      ON CONFLICT DO NOTHING RETURNING device_id, state)
    SELECT ARRAY(SELECT id FROM seen ORDER BY id) AS seen, ARRAY(SELECT device_id FROM placed WHERE state = 'told') AS told`)
  const { seen = [], told = [] } = rows[0] ?? {}
  await offer(tx, means, rollOut, running, told)
  return seen
}

/** Makes a deployment part of what devices are to have, which were told of it. */
async function offer(tx: Db, means: Means, { accountId, id }: RollOut, running: Running, devices: string[]) {
  if (devices.length === 0) return
  const ahead = running.type === 'config' ? await findAhead(tx, accountId, devices, running) : []
  await assign(tx, accountId, devices)
  const send = (type: 'wipe' | 'refresh', ids: string[]) =>
    means.command(tx, system(accountId), ids, type, uuidv5(`${running.step}/${type}`, id))
  if (ahead.length > 0) await send('wipe', ahead)
  if (running.push) await send('refresh', devices)
}

/** Those that have a newer version of the project: an older one can only be put on after a reset (docs/contract.md §5). */
async function findAhead(tx: Db, accountId: string, devices: string[], { name, version }: Running): Promise<string[]> {
  const { rows } = await tx.query<{ id: string }>(sql`
    SELECT d.id FROM device AS d JOIN desired_state AS s ON s.account_id = d.account_id AND s.revision = d.desired
    WHERE d.account_id = ${accountId} AND d.id = ANY (${devices}::uuid[])
      AND s.project = ${name} AND s.project_version::numeric > ${version}::numeric`)
  return rows.map(({ id }) => id)
}
