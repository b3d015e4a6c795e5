import type { DeviceKind } from '@mason/contract/device-kind'
import type { EnrollmentKind, EnrollRequest } from '@mason/contract/enrollment'
import { unassigned } from '@mason/contract/group'
import { readImei } from '@mason/contract/identifiers'
import { isPlaceholder } from '@mason/contract/placeholder'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid } from '../../core/errors.ts'
import { ofDevice, record } from '../../core/event/record.ts'
import { hashSecret, hashSecretToHex, randomBase62 } from '../../core/key.ts'
import { admit } from '../group/service.ts'
import { observeEnrollment } from '../notification/outcome.ts'
import type { WakeUps } from '../wake-ups.ts'

export interface Token {
  account_id: string
  id: string
  group_name: string | null
  max_uses: number | null
  allow_takeover: boolean
  /** Made by somebody who sees but some groups: it is for no device outside its own. */
  is_restricted: boolean
}

/** A device that enrolls. */
export interface Comer extends Pick<EnrollRequest, 'serialnumber' | 'family' | 'imei' | 'name'> {
  kind: DeviceKind
  /** Null where the agent cannot say it before its first report. */
  bootId: string | null
  secretHash: string
  /** The id that a device which is not known yet gets. */
  newId?: string
}

/** Enrolls a device that speaks the platform's own protocol. */
export async function enroll(db: Db, wakeUps: WakeUps, sent: EnrollRequest): Promise<{ id: string; secret: string }> {
  const secret = randomBase62(43)
  const { token: word, kind = 'mason-linux', ...request } = sent
  const id = await db.transaction(async (tx) => {
    const token = await findToken(tx, word, 'mason')
    return joinFleet(tx, wakeUps, token, { ...request, kind, secretHash: hashSecretToHex(secret) })
  })
  return { id, secret }
}

/**
 * Joins a device to the fleet. The same serial number keeps its id, name, group and history and gets a new secret. A
 * device that sends its request again, because the answer was lost, does not use the token up.
 *
 * @returns its id.
 */
export async function joinFleet(tx: Db, wakeUps: WakeUps, token: Token, sent: Comer): Promise<string> {
  const comer = withReadImei(sent)
  if (isPlaceholder(comer.serialnumber))
    throw invalid(
      '/serialnumber',
      'is a placeholder that many devices share; enroll with one that only this device has, such as its Android id or a label of your own',
    )
  // Where the same device is enrolling side by side, `join` waits for the other and then finds it known.
  const joined = (await rejoin(tx, token, comer)) ?? (await join(tx, token, comer)) ?? (await rejoin(tx, token, comer))
  if (joined === undefined)
    throw new AppError(
      'conflict_error',
      `The device ${comer.serialnumber} was de-provisioned while it enrolled: try again`,
    )
  const { id, isKnown, isTakeover } = joined
  const actor: Actor = { kind: 'device', accountId: token.account_id, id }
  await record(tx, actor, ofDevice(isKnown ? 'reenrolled' : 'enrolled', id, { enrollment: token.id }))
  // That another device takes the place of one does not show that the one was wiped.
  if (isKnown && !isTakeover) await observeEnrollment(tx, token.account_id, id)
  // Whoever is still connected with the old secret is not this device any more.
  tx.afterCommit(() => wakeUps.credentialDied(id))
  return id
}

/** The IMEI in its one form. A modem that is off may say zeros: that names no device, and contradicts none. */
function withReadImei({ imei: written, ...comer }: Comer): Comer {
  const imei = written === undefined ? undefined : readImei(written)
  return imei === undefined || isPlaceholder(imei) ? comer : { ...comer, imei }
}

const refused = () => new AppError('authentication_error', 'The enrollment token is unknown, expired or used up')

/** @throws AppError when there is no such token, or it is for other agents. */
export async function findToken(tx: Db, token: string, kind: EnrollmentKind): Promise<Token> {
  const { rows } = await tx.query<Token & { kind: EnrollmentKind }>(sql`
    SELECT account_id, id, max_uses, allow_takeover, is_restricted, kind,
      (SELECT name FROM device_group AS g WHERE g.account_id = e.account_id AND g.name = e.group_name) AS group_name
    FROM enrollment AS e WHERE token_hash = ${hashSecret(token)} AND (expires_at IS NULL OR expires_at > now())`)
  const [found] = rows
  if (!found) throw refused()
  if (found.kind !== kind)
    throw new AppError('authentication_error', `The enrollment token is for the agent ${found.kind}, not for ${kind}`)
  return found
}

interface Joined {
  id: string
  /** Whether the serial number was known already. */
  isKnown: boolean
  /** Whether it was known with another IMEI. */
  isTakeover: boolean
}

interface KnownDevice {
  id: string
  group_name: string
  family: string
  imei: string | null
  enrollment_id: string | null
}

async function rejoin(tx: Db, token: Token, comer: Comer): Promise<Joined | undefined> {
  const { rows } = await tx.query<KnownDevice>(sql`
    SELECT id, group_name, family, imei, enrollment_id FROM device
    WHERE account_id = ${token.account_id} AND serialnumber = ${comer.serialnumber} FOR UPDATE`)
  const [device] = rows
  if (!device) return undefined
  if (token.is_restricted && device.group_name !== (token.group_name ?? unassigned))
    throw new AppError(
      'conflict_error',
      `The serial number ${comer.serialnumber} is enrolled already: this token enrolls into its own group alone`,
    )
  if (device.family !== comer.family)
    throw new AppError(
      'conflict_error',
      `The serial number ${comer.serialnumber} is enrolled as family ${device.family}: de-provision that device first`,
    )
  const isTakeover = device.imei !== null && comer.imei !== undefined && device.imei !== comer.imei
  if (isTakeover && !token.allow_takeover)
    throw new AppError(
      'conflict_error',
      `The serial number ${comer.serialnumber} is enrolled with another IMEI: de-provision that device, or enroll with a token that was made with allowTakeover`,
    )
  if (device.enrollment_id !== token.id) await use(tx, token)
  await tx.query(sql`
    UPDATE device SET secret_hash = ${comer.secretHash}, enrollment_id = ${token.id}, boot_id = ${comer.bootId},
      kind = ${comer.kind}, past_boots = NULL, past_imeis = NULL, has_reported = false,
      imei = coalesce(${comer.imei ?? null}, imei), enrolled_imei = coalesce(${comer.imei ?? null}, enrolled_imei), online = true
    WHERE account_id = ${token.account_id} AND id = ${device.id}`)
  await tx.query(sql`
    UPDATE heartbeat SET last_checkin = now(), last_checkin_text = iso_time(now()), silent_since = NULL
    WHERE account_id = ${token.account_id} AND device_id = ${device.id}`)
  return { id: device.id, isKnown: true, isTakeover }
}

/** @returns undefined when the serial number is known already. */
async function join(tx: Db, token: Token, comer: Comer): Promise<Joined | undefined> {
  const { account_id: accountId, group_name: group } = token
  await admit(tx, { accountId, groups: undefined }, group ?? unassigned, comer.family)
  const { serialnumber, family, name = serialnumber, imei = null, newId: id = uuidv7() } = comer
  const { rowCount } = await tx.query(sql`
    INSERT INTO device (account_id, id, name, serialnumber, family, kind, group_name, enrollment_id, secret_hash, boot_id,
                        imei, enrolled_imei, has_reported)
    VALUES (${accountId}, ${id}, ${name}, ${serialnumber}, ${family}, ${comer.kind}, ${group ?? unassigned}, ${token.id},
            ${comer.secretHash}, ${comer.bootId}, ${imei}, ${imei}, false)
    ON CONFLICT (account_id, serialnumber) DO NOTHING`)
  if (rowCount === 0) return undefined
  await use(tx, token)
  return { id, isKnown: false, isTakeover: false }
}

/** Counts a use. Only a token with a limit is locked for it: one without lets a whole fleet in side by side. */
async function use(tx: Db, { account_id: accountId, id, max_uses: maxUses }: Token): Promise<void> {
  if (maxUses !== null) {
    const { rows } = await tx.query<{ id: string }>(
      sql`SELECT id FROM enrollment WHERE account_id = ${accountId} AND id = ${id} FOR UPDATE`,
    )
    if (!rows[0] || (await countUses(tx, accountId, id)) >= maxUses) throw refused()
  }
  await tx.query(sql`INSERT INTO counter_difference VALUES (${accountId}, 'enrollment', ${id}, 1)`)
}

async function countUses(tx: Db, accountId: string, id: string): Promise<number> {
  const { rows } = await tx.query<{ uses: number }>(sql`
    SELECT coalesce(sum(value), 0)::int AS uses FROM counter_total
    WHERE account_id = ${accountId} AND kind = 'enrollment' AND key = ${id}`)
  return rows[0]?.uses ?? 0
}
