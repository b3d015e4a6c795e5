import { hash } from 'node:crypto'
import type { DesiredState } from '@mason/contract/deployment'
import { type Opening, openingOf, type Window } from '@mason/contract/window'
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

/**
 * The same for a device that does not keep to windows by itself: without what may not be installed now. That has another revision, so
 * the device gets the rest when it asks inside the window.
 *
 * @param nowMs milliseconds since 1970.
 */
export function insideWindows(desired: DesiredState, nowMs: number): DesiredState {
  const { revision, apps, config, ota } = desired
  const closed = [...apps, config ?? [], ota ?? []].flat().filter((item) => isClosed(item, nowMs))
  if (closed.length === 0) return desired
  const isOpen = (item: { window?: Window }) => !isClosed(item, nowMs)
  return {
    revision: `${revision}-${hash('sha1', closed.map(({ deployment }) => deployment).join(' ')).slice(0, 8)}`,
    apps: apps.filter(isOpen),
    ...(config && isOpen(config) && { config }),
    ...(ota && isOpen(ota) && { ota }),
  }
}

/** The next opening of windows of cached states, which every check-in outside of them asks for, and when it was found. */
const openings = new WeakMap<Window, { sinceMs: number; opening: Opening | undefined }>()

function isClosed({ window }: { window?: Window }, nowMs: number): boolean {
  if (!window) return false
  let known = openings.get(window)
  if (!known || nowMs < known.sinceMs || nowMs >= (known.opening?.closesAtMs ?? Number.POSITIVE_INFINITY)) {
    known = { sinceMs: nowMs, opening: openingOf(window, nowMs) }
    openings.set(window, known)
  }
  return known.opening === undefined || known.opening.opensAtMs > nowMs
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
