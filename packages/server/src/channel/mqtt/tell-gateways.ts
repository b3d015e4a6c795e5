import type { Db } from '../../core/db/database.ts'
import type { Peers } from '../../core/peers/peers.ts'
import { findGateways } from '../../fleet/notification/delivery.ts'
import type { Leaving, Queued } from '../../fleet/wake-ups.ts'

/** Tells the gateways of other nodes of what was queued for devices there, those too where devices have connected meanwhile. */
export async function tellGateways(db: Db, peers: Peers, what: Queued, { elsewhere }: Leaving): Promise<void> {
  const tell = (gateways: string[]) => {
    if (gateways.length > 0) peers.tell({ kind: 'queued', gateways })
  }
  tell(elsewhere)
  tell(await findGateways(db, what))
}
