import sql from 'sql-template-tag'
import { coalescer } from '../../core/coalescer.ts'
import { type Db, sessionSettings } from '../../core/db/database.ts'
import { isLasting } from '../../core/db/lasting.ts'
import { recordOfDevices } from '../../core/event/record.ts'
import { overloaded } from '../../core/overloaded.ts'

interface Device {
  accountId: string
  id: string
}

/** How a connection changed. `subscribed`: the device can be told things here from now on. */
export type Change = 'connected' | 'subscribed' | 'goodbye' | 'lost'

export interface Presence {
  /** Resolves once it is committed. */
  note(device: Device, change: Change): Promise<void>
}

/** How long changes are gathered: a crowd that connects makes fewer transactions. */
const gatherMs = 50
/** As many devices may come at once; what is refused is noted later. */
const maxWaiting = 20_000
const tooMany = () => overloaded('More devices come and go than can be noted')

/** Writes who is connected at this gateway; changes that come together are one transaction. */
export function presence(db: Db, gateway: string): Presence {
  const write = coalescer<{ device: Device; change: Change }, void>({
    run: async (items) => {
      const of = (...changes: Change[]) =>
        items.filter(({ change }) => changes.includes(change)).map(({ device }) => device)
      await db.transaction(async (tx) => {
        await comeOnline(tx, of('connected', 'subscribed'), of('subscribed'), gateway)
        await goOffline(tx, of('goodbye'), gateway, true)
        await goOffline(tx, of('lost'), gateway, false)
      })
      return []
    },
    nameOf: ({ device }) => device.id,
    maxBatch: 500,
    lanes: 2,
    bound: { maxWaiting, patienceMs: sessionSettings.statement_timeout, overloaded: tooMany },
    isOfOne: isLasting,
    gatherMs,
  })
  return { note: (device, change) => write({ device, change }) }
}

interface Changed {
  account_id: string
  id: string
}

async function comeOnline(tx: Db, devices: Device[], subscribed: Device[], gateway: string): Promise<void> {
  if (devices.length === 0) return
  const here = new Set(subscribed.map(({ id }) => id))
  const { rows } = await tx.query<Changed & { is_back: boolean }>(sql`
    WITH known AS MATERIALIZED (
      SELECT d.account_id, d.id, d.online, d.gateway, CASE WHEN t.is_here THEN ${gateway}::uuid ELSE g.id END AS next_gateway
      FROM unnest(${devices.map(({ accountId }) => accountId)}::uuid[], ${devices.map(({ id }) => id)}::uuid[],
                  ${devices.map(({ id }) => here.has(id))}::boolean[]) AS t (account_id, id, is_here)
      JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id
      LEFT JOIN gateway AS g ON g.id = d.gateway
      FOR NO KEY UPDATE OF d)
    UPDATE device AS d SET online = true, gateway = k.next_gateway
    FROM known AS k
    WHERE d.account_id = k.account_id AND d.id = k.id AND (NOT k.online OR k.gateway IS DISTINCT FROM k.next_gateway)
    RETURNING d.account_id, d.id, NOT k.online AS is_back`)
  const back = rows.filter(({ is_back: isBack }) => isBack)
  await recordOfDevices(tx, 'online', back)
}

/** A device that is connected elsewhere by now stays online; a shutdown that it acknowledged has happened. */
async function goOffline(tx: Db, devices: Device[], gateway: string, isGoodbye: boolean): Promise<void> {
  if (devices.length === 0) return
  const { rows } = await tx.query<Changed>(sql`
    WITH gone AS (
      UPDATE device AS d SET online = false, gateway = NULL
      FROM unnest(${devices.map(({ accountId }) => accountId)}::uuid[], ${devices.map(({ id }) => id)}::uuid[]) AS t (account_id, id)
      WHERE d.account_id = t.account_id AND d.id = t.id AND d.online AND (d.gateway = ${gateway} OR d.gateway IS NULL)
      RETURNING d.account_id, d.id),
    done AS (
      UPDATE notification AS n SET state = 'succeeded', finished_at = now(),
                                   changed_by = jsonb_build_object('kind', 'device', 'id', gone.id)
      FROM gone WHERE n.account_id = gone.account_id AND n.device_id = gone.id
        AND n.state = 'acknowledged' AND n.type = 'shutdown')
    SELECT account_id, id FROM gone`)
  await recordOfDevices(tx, 'offline', rows, { clean: isGoodbye })
}

/** A gateway that has not renewed its row for so long is gone, and its connections with it. */
export const gatewaySilenceSeconds = 30
const silent = sql`make_interval(secs => ${gatewaySilenceSeconds})`

/**
 * Says that this gateway lives; its connections count only while it does. A gateway that has just started takes over from one
 * that still lives since when the platform has been up; one that could not say so for long, because the database was away,
 * starts anew.
 */
export async function renew(db: Db, gateway: string): Promise<void> {
  await db.query(sql`
    INSERT INTO gateway AS g (id) VALUES (${gateway})
    ON CONFLICT (id) DO UPDATE SET
      seen_at = now(),
      started_at = CASE WHEN g.seen_at < now() - ${silent} THEN now() ELSE g.started_at END,
      up_since = CASE WHEN g.seen_at < now() - ${silent} THEN now()
        ELSE least(g.up_since, (SELECT min(o.up_since) FROM gateway AS o WHERE o.id <> g.id AND o.seen_at >= g.started_at)) END`)
}

/**
 * How long the platform has been up without a break, in seconds; undefined while that is not clear, because nobody has said
 * since the last start whether an older gateway lives.
 */
export async function upForSeconds(db: Db): Promise<number | undefined> {
  const { rows } = await db.query<{ seconds: number | null }>(sql`
    SELECT CASE WHEN min(seen_at) >= max(started_at) THEN extract(epoch FROM now() - min(up_since))::float8 END AS seconds
    FROM gateway WHERE seen_at >= now() - ${silent}`)
  return rows[0]?.seconds ?? undefined
}

/** Which of these connected devices are gone, have another secret, or are connected at another gateway by now. */
export async function findUnknownDevices(
  db: Db,
  devices: (Device & { secretHash: string })[],
  gateway: string,
): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(sql`
    SELECT t.id
    FROM unnest(${devices.map(({ accountId }) => accountId)}::uuid[], ${devices.map(({ id }) => id)}::uuid[],
                ${devices.map(({ secretHash }) => secretHash)}::text[]) AS t (account_id, id, secret_hash)
    LEFT JOIN device AS d ON d.account_id = t.account_id AND d.id = t.id
    WHERE d.id IS NULL OR d.secret_hash <> t.secret_hash OR d.gateway IS DISTINCT FROM ${gateway}::uuid`)
  return rows.map(({ id }) => id)
}
