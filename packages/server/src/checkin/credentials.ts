import { timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import type { DeviceActor } from '../actor.ts'
import { hashSecretToHex } from '../apikey/key.ts'
import type { HotReads } from '../db/hot.ts'
import { isUuid } from '../http/validation.ts'

/** A device whose secret was right when last looked; what it writes is checked against the hash once more. */
export interface VerifiedDevice extends DeviceActor {
  /** SHA-256 in hexadecimal. */
  secretHash: string
}

/** Finds the device that holds this credential. */
export type DeviceLookup = (
  id: string,
  secret: string,
) => VerifiedDevice | undefined | Promise<VerifiedDevice | undefined>

/**
 * Checks device credentials, from memory in the steady state. A stale entry lets nobody in: the statement that writes a
 * report matches the stored hash itself.
 */
export function deviceLookup(hot: HotReads): DeviceLookup {
  const known = new LRUCache<string, VerifiedDevice>({ max: 200_000 })

  const load = async (id: string, secretHash: string): Promise<VerifiedDevice | undefined> => {
    const { rows } = await hot.query<{ account_id: string; secret_hash: string }>({
      name: 'device-secret',
      text: 'SELECT account_id, secret_hash FROM device WHERE id = $1',
      values: [id],
    })
    const [row] = rows
    if (!row || !isSame(row.secret_hash, secretHash)) return undefined
    const device: VerifiedDevice = { kind: 'device', accountId: row.account_id, id: id.toLowerCase(), secretHash }
    known.set(id, device)
    return device
  }

  return (id, secret) => {
    const secretHash = hashSecretToHex(secret)
    const cached = known.get(id)
    if (cached && isSame(cached.secretHash, secretHash)) return cached
    return isUuid(id) ? load(id, secretHash) : undefined
  }
}

/** Compares digests in constant time. */
const isSame = (a: string, b: string) => timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
