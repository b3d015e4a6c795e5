import type { MarkerChanges } from '@mason/contract/job'
import type { Actor } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { lock } from './change.ts'
import { changeMarkers, findSteps } from './marker.ts'
import { recordChanges } from './record-changes.ts'
import { named, read } from './service.ts'

/** Marks a SIM from today on. */
export async function put(db: Db, actor: Actor, path: string, key: string, value: string): Promise<string> {
  return changeOne(db, actor, named(path), { [key]: value })
}

/** Removes a marker: yesterday was its last day. */
export async function remove(db: Db, actor: Actor, path: string, key: string): Promise<string> {
  return changeOne(db, actor, named(path), { [key]: null })
}

async function changeOne(db: Db, actor: Actor, iccid: string, changes: MarkerChanges): Promise<string> {
  return db.transaction(async (tx) => {
    const locked = await lock(tx, actor, [iccid])
    wasBefore(tx, await read(tx, actor, iccid))
    const steps = await findSteps(tx, actor, [iccid], changes)
    const [step] = steps
    if (step?.refusal) throw step.refusal
    for (const [key, value] of Object.entries(changes))
      if (value === null && step?.markers.get(key) === undefined) throw notFound('marker')
    await changeMarkers(tx, actor, steps)
    await recordChanges(tx, actor, locked, { markers: steps })
    return read(tx, actor, iccid)
  })
}
