import { unassigned } from '@mason/contract/group'
import { isPlaceholder } from '@mason/contract/placeholder'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { hashSecretToHex, randomBase62 } from '../../core/key.ts'
import { findToken, joinFleet, type Token } from '../../fleet/enrollment/join.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import type { DeviceInfo } from './device-info.ts'

/** What stands in the path of an agent from now on. */
export interface OwnPath {
  id: string
  secret: string
}

/** An agent that has its own path, and has not said yet which device it is. */
export interface Arrival {
  id: string
  accountId: string
  /** The device that it turned out to be, if that was known under another number. */
  deviceId: string | null
}

/**
 * An agent asks for its first configuration: it is new, or was reset. One whose number is the serial number of a known device is this
 * device again; another one has to say what it is first.
 *
 * @throws AppError when the token does not let it in.
 */
export async function arrive(db: Db, wakeUps: WakeUps, token: string, number: string): Promise<OwnPath> {
  const secret = randomBase62(43)
  const secretHash = hashSecretToHex(secret)
  const id = await db.transaction(async (tx) => {
    const found = await findToken(tx, token, 'headwind')
    const { account_id: accountId } = found
    const { rows: known } = await tx.query<{ family: string }>(sql`
      SELECT family FROM device WHERE account_id = ${accountId} AND serialnumber = ${number} AND kind = 'headwind'`)
    if (known[0]) {
      const comer = {
        serialnumber: number,
        family: known[0].family,
        kind: 'headwind',
        bootId: null,
        secretHash,
      } as const
      const deviceId = await joinFleet(tx, wakeUps, found, comer)
      await forgetShown(tx, accountId, deviceId)
      return deviceId
    }
    const { rows } = await tx.query<{ id: string }>(sql`
      INSERT INTO headwind_arrival (id, account_id, number, enrollment_id, secret_hash)
      VALUES (${uuidv7()}, ${accountId}, ${number}, ${found.id}, ${secretHash})
      ON CONFLICT (account_id, number) DO UPDATE SET
        enrollment_id = excluded.enrollment_id, secret_hash = excluded.secret_hash, device_id = NULL, created_at = now()
      RETURNING id`)
    return rows[0]?.id ?? ''
  })
  return { id, secret }
}

/** What a device has shown before it was reset says nothing of it any more. */
const forgetShown = (tx: Db, accountId: string, deviceId: string) =>
  tx.query(sql`
    INSERT INTO headwind_device (account_id, device_id) VALUES (${accountId}, ${deviceId})
    ON CONFLICT (account_id, device_id) DO UPDATE SET boot_id = NULL, config_at = NULL`)

export async function findArrival(db: Db, { id, secret }: OwnPath): Promise<Arrival | undefined> {
  const { rows } = await db.query<Arrival>(sql`
    SELECT id, account_id AS "accountId", device_id AS "deviceId" FROM headwind_arrival
    WHERE id = ${id} AND secret_hash = ${hashSecretToHex(secret)}`)
  return rows[0]
}

/** What the contract takes as a family and a serial number: printable ASCII. */
const plain = (text: string | undefined): string | undefined => {
  const read = text
    ?.replaceAll(/[^ -~]/g, '')
    .trim()
    .slice(0, 100)
  return read === '' ? undefined : read
}

/**
 * An agent says for the first time which device it is, which thereby joins the fleet.
 *
 * @returns the device, or nothing where it has to move to the path of the device that it is.
 * @throws AppError when it must not join.
 */
export async function becomeDevice(
  db: Db,
  wakeUps: WakeUps,
  { id }: Arrival,
  info: DeviceInfo,
): Promise<VerifiedDevice | undefined> {
  return db.transaction(async (tx) => {
    const { rows } = await tx.query<{ number: string; secret_hash: string; enrollment_id: string; account_id: string }>(
      sql`SELECT number, secret_hash, enrollment_id, account_id FROM headwind_arrival WHERE id = ${id} FOR UPDATE`,
    )
    const [arrival] = rows
    if (!arrival) return undefined
    const { account_id: accountId, secret_hash: secretHash } = arrival
    const token = await findTokenById(tx, accountId, arrival.enrollment_id)
    const serial = plain(info.serial)
    const deviceId = await joinFleet(tx, wakeUps, token, {
      serialnumber: serial === undefined || isPlaceholder(serial) ? arrival.number : serial,
      family: plain(info.model) ?? 'Android',
      ...(info.imei !== undefined && { imei: info.imei }),
      ...{ kind: 'headwind', bootId: null, secretHash, newId: id },
    })
    await forgetShown(tx, accountId, deviceId)
    if (deviceId !== id) {
      await tx.query(sql`UPDATE headwind_arrival SET device_id = ${deviceId} WHERE id = ${id}`)
      return undefined
    }
    await tx.query(sql`DELETE FROM headwind_arrival WHERE id = ${id}`)
    return { kind: 'device', accountId, id, secretHash }
  })
}

async function findTokenById(tx: Db, accountId: string, id: string): Promise<Token> {
  const { rows } = await tx.query<Token>(sql`
    SELECT account_id, id, max_uses, allow_takeover, is_restricted,
      (SELECT name FROM device_group AS g WHERE g.account_id = e.account_id AND g.name = coalesce(e.group_name, ${unassigned}))
        AS group_name
    FROM enrollment AS e WHERE account_id = ${accountId} AND id = ${id}`)
  if (!rows[0]) throw new AppError('authentication_error', 'The enrollment token was deleted')
  return rows[0]
}

/** Gives a device another path; the one before is dead from then on. */
export async function moveDevice(
  db: Db,
  wakeUps: WakeUps,
  { accountId, deviceId }: { accountId: string; deviceId: string },
): Promise<OwnPath> {
  const secret = randomBase62(43)
  await db.transaction(async (tx) => {
    await tx.query(sql`
      UPDATE device SET secret_hash = ${hashSecretToHex(secret)} WHERE account_id = ${accountId} AND id = ${deviceId}`)
    tx.afterCommit(() => wakeUps.credentialDied(deviceId))
  })
  return { id: deviceId, secret }
}
