import { setTimeout as sleep } from 'node:timers/promises'
import type { Db } from '../../core/db/database.ts'
import type { Session } from '../carrier/carrier.ts'
import { CarrierFault } from '../carrier/fault.ts'
import { failed, held, succeeded } from '../carrier/health.ts'
import type { CarriedOut } from './ask.ts'
import { carryOut } from './carry-out.ts'
import { carrySettings } from './carry-settings.ts'
import type { Claimed } from './claim.ts'
import { syncPortion } from './sync.ts'
import { beginSync } from './sync-state.ts'

/** Then others that wait have their turn; what is left goes on later. */
const turnMs = 60_000
/** How often SIMs to change are looked for while a sync goes on. */
const lookMs = 250
const ownFaultMs = 10_000

/** Does what there is to do for a connection: changes SIMs and their settings, and syncs beside it. Never rejects for what the carrier does. */
export async function serve(db: Db, claimed: Claimed, session: Session, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + turnMs
  const turn = { isOver: false, fault: undefined as unknown }
  const goesOn = () => !signal.aborted && turn.fault === undefined && performance.now() < deadline
  const stopAt = (fault: unknown) => {
    turn.fault ??= fault
  }
  const syncing = sync(db, claimed, session, goesOn)
    .catch((error) => stopAt(error))
    .finally(() => {
      turn.isOver = true
    })
  const changing = (async () => {
    while (goesOn()) {
      const { total, fault } = await carryAll(db, claimed, session, signal)
      if (fault !== undefined) stopAt(fault)
      else if (total > 0) await succeeded(db, claimed)
      else if (turn.isOver) return
      else await sleep(lookMs)
    }
  })().catch((error) => stopAt(error))
  await Promise.all([syncing, changing])
  if (turn.fault !== undefined && !signal.aborted) await giveUp(db, claimed, turn.fault)
}

/** A limit is raised before the SIM that it has suspended is activated. */
async function carryAll(...needs: Parameters<typeof carryOut>): Promise<CarriedOut> {
  const told = await carrySettings(...needs)
  if (told.fault !== undefined) return told
  const { total, fault } = await carryOut(...needs)
  return { total: told.total + total, fault }
}

/** What is no fault of the carrier is tried again soon, and heard of as a failure of this node. */
export async function giveUp(db: Db, claimed: Claimed, fault: unknown): Promise<void> {
  if (fault instanceof CarrierFault) return failed(db, claimed, fault)
  await held(db, claimed, ownFaultMs)
  throw fault
}

async function sync(db: Db, claimed: Claimed, session: Session, goesOn: () => boolean): Promise<void> {
  let state = await beginSync(db, claimed)
  while (state && goesOn()) {
    state = (await syncPortion(db, claimed, session, state)) ?? (await beginSync(db, claimed))
    await succeeded(db, claimed)
  }
}
