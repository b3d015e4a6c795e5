import { timingSafeEqual } from 'node:crypto'
import { LRUCache } from 'lru-cache'
import sql from 'sql-template-tag'
import type { DeviceActor } from '../actor.ts'
import { hashSecretToHex } from '../apikey/key.ts'
import type { LiveCache } from '../credential/live-cache.ts'
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

/** The credentials of devices, as far as they are in memory. */
export interface DeviceCredentials {
  find: DeviceLookup
  /** A device was removed or has another secret: what was known of it is forgotten at once. */
  forget(id: string): void
}

/**
 * Checks device credentials, from memory in the steady state. The statement that writes a report matches the stored hash
 * once more.
 *
 * @param onEnded is told, several times even, of each secret that ended on any node.
 */
export function deviceCredentials(
  hot: HotReads,
  cache: LiveCache,
  onEnded: (id: string, secretHash: string) => void,
): DeviceCredentials {
  const known = new LRUCache<string, VerifiedDevice>({ max: 200_000 })
  cache.watch(
    (since) => sql`SELECT device_id || ' ' || secret_hash FROM ended_device_credential WHERE ended_at > ${since}`,
    (name) => {
      const [id = '', secretHash = ''] = name.split(' ')
      if (known.peek(id)?.secretHash === secretHash) known.delete(id)
      onEnded(id, secretHash)
    },
  )
  let forgotten = 0
  const load = async (id: string, secretHash: string): Promise<VerifiedDevice | undefined> => {
    const [isUnchanged, before] = [cache.mark(), forgotten]
    const { rows } = await hot.query<{ account_id: string; secret_hash: string }>({
      name: 'device-secret',
      text: 'SELECT account_id, secret_hash FROM device WHERE id = $1',
      values: [id],
    })
    const [row] = rows
    if (!row || !isSame(row.secret_hash, secretHash)) return undefined
    const device: VerifiedDevice = { kind: 'device', accountId: row.account_id, id: id.toLowerCase(), secretHash }
    if (isUnchanged() && before === forgotten) known.set(device.id, device)
    return device
  }
  return {
    find: (id, secret) => {
      const secretHash = hashSecretToHex(secret)
      const cached = cache.isTrusted ? known.get(id) : undefined
      if (cached && isSame(cached.secretHash, secretHash)) return cached
      return isUuid(id) ? load(id, secretHash) : undefined
    },
    forget: (id) => {
      forgotten++
      known.delete(id)
    },
  }
}

/** Compares digests in constant time. */
const isSame = (a: string, b: string) => timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
