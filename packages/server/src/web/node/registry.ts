import { hostname } from 'node:os'
import type { Role } from '@mason/contract/node'
import sql from 'sql-template-tag'
import type { Background, Repeated } from '../../core/background.ts'
import type { Db } from '../../core/db/database.ts'
import { version } from '../../core/version.ts'
import { within } from '../../core/within.ts'

interface Options {
  id: string
  db: Db
  background: Background
  roles: readonly Role[]
  /** How many connections are open. */
  connections(): number
  /** For how long an open transaction has held back the events of others. */
  lagSeconds(): Promise<number>
  /** Looks for what an operator should see to at this node. */
  warnings(): Promise<readonly string[]>
}

/** This node's entry in the list of nodes. */
export interface Registration {
  /** Resolves once the node is in the list, or could not be entered, which is tried again. */
  enter(): Promise<void>
  /** Says that the node was told to stop. */
  drain(): Promise<void>
  /** Takes a node that stops in order off the list. */
  leave(): Promise<void>
}

const signEveryMs = 5_000
const lookEveryMs = 60_000
/** A database that is away holds up no shutdown: the entry is then taken for one that went down. */
const leaveMs = 500

export function registration({ id, db, background, roles, connections, lagSeconds, warnings }: Options): Registration {
  const enteredAt = performance.now()
  let isDraining = false
  let found: readonly string[] = []
  let looks: Repeated | undefined
  let signs: Repeated | undefined
  const sign = async () => {
    const lagMs = Math.round((await lagSeconds()) * 1000)
    const aliveSeconds = (performance.now() - enteredAt) / 1000
    await db.query(sql`
      INSERT INTO node (id, host, version, roles, started_at, is_draining, connections, event_lag_ms, warnings)
      VALUES (${id}, ${hostname()}, ${version}, ${[...roles]}, now() - make_interval(secs => ${aliveSeconds}), ${isDraining},
              ${connections()}, ${lagMs}, ${[...found]})
      ON CONFLICT (id) DO UPDATE SET seen_at = now(), is_draining = excluded.is_draining,
        connections = excluded.connections, event_lag_ms = excluded.event_lag_ms, warnings = excluded.warnings`)
  }
  return {
    enter: async () => {
      looks = background.every('node-warnings', lookEveryMs, async () => {
        found = await warnings()
      })
      await looks.turn()
      signs = background.every('node-sign', signEveryMs, sign)
      await signs.turn()
    },
    drain: async () => {
      isDraining = true
      // What is under way may have read the state before.
      await signs?.turn()
      await signs?.turn()
    },
    leave: async () => {
      await within(
        leaveMs,
        (async () => {
          await Promise.all([looks?.stop(), signs?.stop()])
          await db.query(sql`DELETE FROM node WHERE id = ${id}`)
        })(),
      )
    },
  }
}
