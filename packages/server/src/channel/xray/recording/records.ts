import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { deflateRaw, inflateRaw } from 'node:zlib'
import sql from 'sql-template-tag'
import { NIL, v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../../core/actor.ts'
import type { Db } from '../../../core/db/database.ts'
import { notFound } from '../../../core/errors.ts'
import { isUuid } from '../../../core/http/validation.ts'
import { within } from '../../../core/reach.ts'
import type { Sealer } from '../../../core/sealer.ts'
import type { OpenedSession } from '../records.ts'
import type { CastPart } from './cast.ts'

const [deflate, inflate] = [promisify(deflateRaw), promisify(inflateRaw)]
const pageParts = 20

/** Writes down what shells have shown since the last time. */
export async function writeParts(db: Db, sealer: Sealer, session: OpenedSession, parts: CastPart[]): Promise<void> {
  const { accountId, id: sessionId, deviceId } = session
  const sealed = await Promise.all(parts.map(async ({ text }) => sealer.seal(await deflate(text))))
  const [ids, partIds] = [parts.map(({ id }) => id), parts.map(() => uuidv7())]
  await db.query(sql`
    WITH recording AS (
      INSERT INTO xray_recording (account_id, id, session_id, device_id, began_at, duration_ms, bytes)
      SELECT DISTINCT ON (id) ${accountId}::uuid, id, ${sessionId}::uuid, ${deviceId}::uuid, began_at, duration_ms, bytes
      FROM unnest(${ids}::uuid[], ${parts.map(({ beganAt }) => beganAt)}::timestamptz[],
                  ${parts.map(({ durationMs }) => durationMs)}::bigint[], ${parts.map(({ bytes }) => bytes)}::bigint[])
        AS t (id, began_at, duration_ms, bytes) ORDER BY id, bytes DESC
      ON CONFLICT (account_id, id) DO UPDATE SET duration_ms = EXCLUDED.duration_ms, bytes = EXCLUDED.bytes)
    INSERT INTO xray_recording_part (account_id, id, recording_id, device_id, sealed)
    SELECT ${accountId}, t.id, t.recording_id, ${deviceId}, t.sealed
    FROM unnest(${partIds}::uuid[], ${ids}::uuid[], ${sealed}::bytea[]) AS t (id, recording_id, sealed)`)
}

/** A recording as a file. @throws AppError when there is none within the actor's reach. */
export async function readRecording(db: Db, sealer: Sealer, actor: Actor, id: string) {
  if (!isUuid(id)) throw notFound('recording')
  const { accountId } = actor
  const { rowCount } = await db.query(sql`
    SELECT FROM xray_recording AS r WHERE account_id = ${accountId} AND id = ${id}
      ${within(actor, { device: 'device_id' }, 'r')}`)
  if (rowCount === 0) throw notFound('recording')
  return Readable.from(readParts(db, sealer, accountId, id), { objectMode: false })
}

async function* readParts(db: Db, sealer: Sealer, accountId: string, recordingId: string): AsyncGenerator<Buffer> {
  for (let last: string = NIL; ; ) {
    const { rows } = await db.query<{ id: string; sealed: Buffer }>(sql`
      SELECT id, sealed FROM xray_recording_part
      WHERE account_id = ${accountId} AND recording_id = ${recordingId} AND id > ${last} ORDER BY id LIMIT ${pageParts}`)
    for (const { sealed } of rows) yield await inflate(sealer.openBytes(sealed))
    last = rows.at(-1)?.id ?? last
    if (rows.length < pageParts) return
  }
}
