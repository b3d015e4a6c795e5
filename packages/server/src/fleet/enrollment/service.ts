import type { PageQuery } from '@mason/contract/common'
import type { EnrollRequest, NewEnrollment } from '@mason/contract/enrollment'
import { unassigned } from '@mason/contract/group'
import { readImei } from '@mason/contract/identifiers'
import { isPlaceholder } from '@mason/contract/placeholder'
import { parseTime } from '@mason/contract/time'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { ofDevice, record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { hashSecret, hashSecretToHex, randomBase62 } from '../../core/key.ts'
import { admit } from '../group/service.ts'
import { observeEnrollment } from '../notification/outcome.ts'
import type { WakeUps } from '../wake-ups.ts'

/** What goes into the QR code that a new Android device scans. */
export interface QrSettings {
  serverUrl: string
  component: string
  downloadUrl: string | undefined
  checksum: string | undefined
}

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: 'enrollment_document', key: 'id', keyType: 'uuid', accountId: actor.accountId }, query)
}

export function get(db: Db, actor: Actor, id: string): Promise<string> {
  return readOne(db, actor, 'enrollment token', 'enrollment_document', { id })
}

/** Makes a token; the document that is returned is the only thing that ever holds it. */
export async function create(db: Db, actor: Actor, input: NewEnrollment, qr: QrSettings): Promise<string> {
  const { group = unassigned, maxUses = null, note = null, allowTakeover = false } = input
  const expiresAt = input.expiresAt === undefined ? null : (parseTime(input.expiresAt) ?? null)
  if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalid('/expiresAt', 'must be in the future')
  const [id, token] = [uuidv7(), `enroll_${randomBase62(32)}`]
  const { rowCount } = await db.query(sql`
    INSERT INTO enrollment (account_id, id, token_hash, group_name, expires_at, max_uses, note, allow_takeover)
    SELECT account_id, ${id}, ${hashSecret(token)}, name, ${expiresAt}, ${maxUses}, ${note}, ${allowTakeover}
    FROM device_group WHERE account_id = ${actor.accountId} AND name = ${group}
    FOR KEY SHARE`)
  if (rowCount === 0) throw new AppError('not_found_error', `There is no group ${JSON.stringify(group)}`)
  const secrets = JSON.stringify({ token, ...qrOf(token, qr) })
  return `${(await get(db, actor, id)).slice(0, -1)},${secrets.slice(1)}`
}

/** The JSON of Android's managed provisioning by QR code, or what is missing for it. Source: android.app.admin.DevicePolicyManager. */
function qrOf(token: string, { serverUrl, component, downloadUrl, checksum }: QrSettings) {
  const missing = [
    ...(downloadUrl === undefined ? ['ANDROID_AGENT_URL'] : []),
    ...(checksum === undefined ? ['ANDROID_AGENT_CHECKSUM'] : []),
  ]
  if (missing.length > 0) return { qrMissing: missing }
  const extra = 'android.app.extra.PROVISIONING'
  const qr = JSON.stringify({
    [`${extra}_DEVICE_ADMIN_COMPONENT_NAME`]: component,
    [`${extra}_DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION`]: downloadUrl,
    [`${extra}_DEVICE_ADMIN_SIGNATURE_CHECKSUM`]: checksum,
    [`${extra}_ADMIN_EXTRAS_BUNDLE`]: { server: serverUrl, token },
  })
  return { qr }
}

export async function remove(db: Db, actor: Actor, id: string): Promise<string> {
  return db.transaction(async (tx) => {
    const document = await get(tx, actor, id)
    const { rowCount } = await tx.query(
      sql`DELETE FROM enrollment WHERE account_id = ${actor.accountId} AND id = ${id}`,
    )
    if (rowCount === 0) throw notFound('enrollment token')
    return document
  })
}

interface Token {
  account_id: string
  id: string
  group_name: string | null
  max_uses: number | null
  allow_takeover: boolean
}

/**
 * Joins a device to the fleet. The same serial number keeps its id, name, group and history and gets a new secret. A
 * device that sends its request again, because the answer was lost, does not use the token up.
 */
export async function enroll(db: Db, wakeUps: WakeUps, sent: EnrollRequest): Promise<{ id: string; secret: string }> {
  const secret = randomBase62(43)
  const request = withReadImei(sent)
  const id = await db.transaction(async (tx) => {
    const token = await findToken(tx, request.token)
    if (isPlaceholder(request.serialnumber))
      throw invalid(
        '/serialnumber',
        'is a placeholder that many devices share; enroll with one that only this device has, such as its Android id or a label of your own',
      )
    // Where the same device is enrolling side by side, `join` waits for the other and then finds it known.
    const joined =
      (await rejoin(tx, token, request, secret)) ??
      (await join(tx, token, request, secret)) ??
      (await rejoin(tx, token, request, secret))
    if (joined === undefined)
      throw new AppError(
        'conflict_error',
        `The device ${request.serialnumber} was de-provisioned while it enrolled: try again`,
      )
    const { id, isKnown, isTakeover } = joined
    const actor: Actor = { kind: 'device', accountId: token.account_id, id }
    await record(tx, actor, ofDevice(isKnown ? 'reenrolled' : 'enrolled', id, { enrollment: token.id }))
    // That another device takes the place of one does not show that the one was wiped.
    if (isKnown && !isTakeover) await observeEnrollment(tx, token.account_id, id)
    // Whoever is still connected with the old secret is not this device any more.
    tx.afterCommit(() => wakeUps.credentialDied(id))
    return id
  })
  return { id, secret }
}

/** The IMEI in its one form. A modem that is off may say zeros: that names no device, and contradicts none. */
function withReadImei({ imei: written, ...request }: EnrollRequest): EnrollRequest {
  const imei = written === undefined ? undefined : readImei(written)
  return imei === undefined || isPlaceholder(imei) ? request : { ...request, imei }
}

const refused = () => new AppError('authentication_error', 'The enrollment token is unknown, expired or used up')

async function findToken(tx: Db, token: string): Promise<Token> {
  const { rows } = await tx.query<Token>(sql`
    SELECT account_id, id, max_uses, allow_takeover,
      (SELECT name FROM device_group AS g WHERE g.account_id = e.account_id AND g.name = e.group_name) AS group_name
    FROM enrollment AS e WHERE token_hash = ${hashSecret(token)} AND (expires_at IS NULL OR expires_at > now())`)
  if (!rows[0]) throw refused()
  return rows[0]
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
  family: string
  imei: string | null
  enrollment_id: string | null
}

async function rejoin(tx: Db, token: Token, request: EnrollRequest, secret: string): Promise<Joined | undefined> {
  const { rows } = await tx.query<KnownDevice>(sql`
    SELECT id, family, imei, enrollment_id FROM device
    WHERE account_id = ${token.account_id} AND serialnumber = ${request.serialnumber} FOR UPDATE`)
  const [device] = rows
  if (!device) return undefined
  if (device.family !== request.family)
    throw new AppError(
      'conflict_error',
      `The serial number ${request.serialnumber} is enrolled as family ${device.family}: de-provision that device first`,
    )
  const isTakeover = device.imei !== null && request.imei !== undefined && device.imei !== request.imei
  if (isTakeover && !token.allow_takeover)
    throw new AppError(
      'conflict_error',
      `The serial number ${request.serialnumber} is enrolled with another IMEI: de-provision that device, or enroll with a token that was made with allowTakeover`,
    )
  if (device.enrollment_id !== token.id) await use(tx, token)
  await tx.query(sql`
    UPDATE device SET secret_hash = ${hashSecretToHex(secret)}, enrollment_id = ${token.id}, boot_id = ${request.bootId},
      past_boots = NULL, past_imeis = NULL, has_reported = false,
      imei = coalesce(${request.imei ?? null}, imei), enrolled_imei = coalesce(${request.imei ?? null}, enrolled_imei), online = true
    WHERE account_id = ${token.account_id} AND id = ${device.id}`)
  await tx.query(sql`
    UPDATE heartbeat SET last_checkin = now(), last_checkin_text = iso_time(now()), silent_since = NULL
    WHERE account_id = ${token.account_id} AND device_id = ${device.id}`)
  return { id: device.id, isKnown: true, isTakeover }
}

/** @returns undefined when the serial number is known already. */
async function join(tx: Db, token: Token, request: EnrollRequest, secret: string): Promise<Joined | undefined> {
  const { account_id: accountId, group_name: group } = token
  await admit(tx, accountId, group ?? unassigned, request.family)
  const { serialnumber, family, name = serialnumber, imei = null, bootId } = request
  const id = uuidv7()
  const { rowCount } = await tx.query(sql`
    INSERT INTO device (account_id, id, name, serialnumber, family, group_name, enrollment_id, secret_hash, boot_id, imei,
                        enrolled_imei, has_reported)
    VALUES (${accountId}, ${id}, ${name}, ${serialnumber}, ${family}, ${group ?? unassigned}, ${token.id},
            ${hashSecretToHex(secret)}, ${bootId}, ${imei}, ${imei}, false)
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
