import type { Background } from '../../core/background.ts'
import type { Db } from '../../core/db/database.ts'
import type { Peers } from '../../core/peers/peers.ts'
import type { Gateway } from './gateway.ts'
import { tellGateways } from './tell-gateways.ts'
import { Work } from './work.ts'

/** The part of a gateway on a node that serves no devices: what is queued here, the gateways of other nodes look for. */
export function noGateway(
  db: Db,
  peers: Peers,
  background: Background,
): Pick<Gateway, 'wakeUps' | 'credentialEnded' | 'callDevice' | 'connections' | 'stop'> {
  const work = new Work()
  const commands = background.loop('mqtt-commands')
  return {
    wakeUps: {
      queued: (what, leaving) => work.run(commands, () => tellGateways(db, peers, what, leaving)),
      credentialDied: () => {},
    },
    credentialEnded: () => {},
    callDevice: () => {},
    connections: () => 0,
    stop: () => work.settled(),
  }
}
