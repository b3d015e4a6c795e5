import type { Db } from '../../core/db/database.ts'
import { invalid } from '../../core/errors.ts'
import { hashSecretToHex, randomBase62 } from '../../core/key.ts'
import { findToken, joinFleet } from '../../fleet/enrollment/join.ts'
import type { WakeUps } from '../../fleet/wake-ups.ts'
import { forgetScan } from './scan.ts'
import { membersOf, text } from './sent.ts'

/** What the contract takes as a family and a serial number: printable ASCII. */
const plain = (value: unknown) => text(text(value)?.replaceAll(/[^ -~]/g, ''), 100)

/**
 * Joins a device. Its hardware id is its serial number: from Android 12 on it outlives a reset, so that a device which was wiped comes
 * back as the same one.
 *
 * @throws AppError when it must not join.
 */
export async function enroll(db: Db, wakeUps: WakeUps, sent: unknown): Promise<{ id: string; secret: string }> {
  const { enrollToken, hardwareId, device } = membersOf(sent)
  const serialnumber = plain(hardwareId)
  if (serialnumber === undefined) throw invalid('/hardwareId', 'is missing: it is what the device is known by')
  const secret = randomBase62(43)
  const id = await db.transaction(async (tx) => {
    const token = await findToken(tx, text(enrollToken) ?? '', 'mdmesh')
    const family = plain(membersOf(device).model) ?? 'Android'
    const comer = { serialnumber, family, kind: 'mdmesh', bootId: null, secretHash: hashSecretToHex(secret) } as const
    const joined = await joinFleet(tx, wakeUps, token, comer)
    await forgetScan(tx, token.account_id, joined)
    return joined
  })
  return { id, secret }
}
