import { timingSafeEqual } from 'node:crypto'
import sql from 'sql-template-tag'
import type { DeviceActor } from '../../core/actor.ts'
import { coalescer } from '../../core/coalescer.ts'
import type { HotReads } from '../../core/db/hot.ts'
import { isUuid } from '../../core/http/validation.ts'
import { hashSecretToHex } from '../../core/key.ts'
import { overloaded, patienceMs } from '../../core/overloaded.ts'
import { DeviceDigests } from './device-digests.ts'
import type { LiveCache } from './live-cache.ts'

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

const maxWaiting = 10_000
const tooMany = () => overloaded('More devices come than can be looked up: come again later')

/**
 * Checks device credentials, from memory in the steady state; those that are not known are looked up together. The statement that
 * writes a report matches the stored hash once more.
 *
 * @param onEnded is told, several times even, of each secret that ended on any node.
 */
export function deviceCredentials(
  hot: HotReads,
  cache: LiveCache,
  onEnded: (id: string, secretHash: string) => void,
  known = new DeviceDigests(),
): DeviceCredentials {
  cache.watch(
    (since) => sql`SELECT device_id || ' ' || secret_hash FROM ended_device_credential WHERE ended_at > ${since}`,
    (name) => {
      const [id = '', secretHash = ''] = name.split(' ')
      known.delete(id, secretHash)
      onEnded(id, secretHash)
    },
  )
  let forgotten = 0
  const loadAll = async (asked: Asked[]): Promise<(VerifiedDevice | false)[]> => {
    const [isUnchanged, before] = [cache.mark(), forgotten]
    const { rows } = await hot.query<{ id: string; account_id: string; secret_hash: string }>({
      name: 'device-secrets',
      text: 'SELECT id, account_id, secret_hash FROM device WHERE id = ANY ($1::uuid[])',
      values: [asked.map(({ id }) => id)],
    })
    const rowOf = new Map(rows.map((row) => [row.id, row]))
    return asked.map(({ id, secretHash }) => {
      const row = rowOf.get(id)
      if (!row || !isSame(row.secret_hash, secretHash)) return false
      const device: VerifiedDevice = { kind: 'device', accountId: row.account_id, id, secretHash }
      if (isUnchanged() && before === forgotten) known.set(id, device)
      return device
    })
  }
  const load = coalescer<Asked, VerifiedDevice | false>({
    run: loadAll,
    maxBatch: 500,
    lanes: 2,
    bound: { maxWaiting, patienceMs, overloaded: tooMany },
  })
  return {
    find: (name, secret) => {
      if (!isUuid(name)) return undefined
      const id = name.toLowerCase()
      const secretHash = hashSecretToHex(secret)
      const accountId = cache.isTrusted ? known.find(id, secretHash) : undefined
      if (accountId !== undefined) return { kind: 'device', accountId, id, secretHash }
      return load({ id, secretHash }).then((device) => device || undefined)
    },
    forget: (id) => {
      forgotten++
      known.delete(id)
    },
  }
}

/** A credential that is looked up. */
interface Asked {
  id: string
  secretHash: string
}

/** Compares digests in constant time. */
const isSame = (a: string, b: string) => timingSafeEqual(Buffer.from(a, 'latin1'), Buffer.from(b, 'latin1'))
