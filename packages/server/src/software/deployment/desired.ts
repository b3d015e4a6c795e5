import type { DesiredState } from '@mason/contract/deployment'
import { LRUCache } from 'lru-cache'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** What a device without any deployment is to have. */
const nothing: DesiredState = { revision: 'none', apps: [] }

/** A revision that a device of an account is to have. */
interface Wanted {
  accountId: string
  /** None while nothing is deployed to it. */
  revision: string | null
}

/** Reads the desired states of devices; a revision never changes, and a whole group shares it. */
export type DesiredStates = (db: Db, wanted: Wanted[]) => Promise<(wanted: Wanted) => DesiredState>

export function desiredStates(publicUrl: () => string): DesiredStates {
  const known = new LRUCache<string, DesiredState>({ max: 10_000 })
  const absolute = <T extends { url?: string }>(content: T): T =>
    content.url === undefined ? content : { ...content, url: publicUrl() + content.url }

  const load = async (db: Db, wanted: Wanted[]): Promise<void> => {
    const { rows } = await db.query<{ document: DesiredState }>(sql`
      SELECT document FROM desired_state AS s
      JOIN (SELECT DISTINCT account_id, revision
            FROM unnest(${wanted.map(({ accountId }) => accountId)}::uuid[], ${wanted.map(({ revision }) => revision)}::text[])
              AS t (account_id, revision)) AS t USING (account_id, revision)`)
    for (const { document } of rows) {
      const { revision, apps, config, ota } = document
      known.set(revision, {
        revision,
        apps: apps.map(absolute),
        ...(config && { config: { ...config, media: config.media.map(absolute) } }),
        ...(ota && { ota: absolute(ota) }),
      })
    }
  }

  return async (db, wanted) => {
    const unknown = wanted.filter(({ revision }) => revision !== null && !known.has(revision))
    if (unknown.length > 0) await load(db, unknown)
    return ({ revision }) => (revision === null ? undefined : known.get(revision)) ?? nothing
  }
}
