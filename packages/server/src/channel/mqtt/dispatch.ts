import type { Duplex } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import { coalescer } from '../../core/coalescer.ts'
import { type Db, sessionSettings } from '../../core/db/database.ts'
import { overloaded } from '../../core/overloaded.ts'
import { perDevice, sendAgain, sendMissed, sendQueued, sendTo } from '../../fleet/notification/delivery.ts'
import type { Delivery } from '../../fleet/wake-ups.ts'
import { type Connected, handOut } from './connected.ts'
import { findUnknownDevices } from './presence.ts'

interface Options {
  db: Db
  gateway: string
  connected: Map<string, Connected>
  /** Ends the connection of a device that should not be here. */
  end(deviceId: string): void
  isStopping(): boolean
}

/** Brings commands to the devices that are connected at this gateway. */
export interface Dispatch {
  /** Lets what is marked as sent leave. */
  publish(deliveries: Delivery[]): Promise<void>
  /** Sends a device that has just come what waits for it; those that come together share a statement. */
  welcome(device: VerifiedDevice): Promise<void>
  /** Sends what is queued until there is nothing left. */
  look(): Promise<void>
  /** Sends again what was not acknowledged. */
  repeat(): Promise<void>
  /** For what a crash elsewhere left without the stamp of this gateway, and for devices that are connected elsewhere by now. */
  reconcile(): Promise<void>
}

/** A device that reads this far behind gets nothing new before it has caught up: it is repeated later. */
const backlogBytes = 256 * 1024
/** What leaves in one turn of the loop, some 0.2 s: with 500, answers of the first hold up the last, at half the speed. */
const commandsInTurn = 10_000
/** Large ones go out in more turns, so that they are in memory only as fast as the network takes them. */
const charactersInTurn = 8 * 2 ** 20
const reconcileChunk = 1_000
/** Whom there is no room for is welcomed later, or found by `reconcile`. */
const maxWelcomed = 20_000
const tooMany = () => overloaded('More devices wait for their commands than can be looked up')

export function dispatch({ db, gateway, connected, end, isStopping }: Options): Dispatch {
  function publishOne({ deviceId, id, command }: Delivery): void {
    const known = connected.get(deviceId)
    if (!known?.isSubscribed || (known.client.conn as Duplex).writableLength > backlogBytes) return
    // Its answer may be among what it has said and must wait for.
    if (known.intake.isBehind && known.handedOut?.has(id)) return
    handOut(known, id)
    known.client.publish(
      {
        cmd: 'publish',
        topic: `devices/${deviceId}/notifications`,
        payload: command,
        qos: 1,
        retain: false,
        dup: false,
      },
      () => {},
    )
  }

  async function publish(deliveries: Delivery[]): Promise<void> {
    let [commands, characters] = [0, 0]
    for (const delivery of deliveries) {
      if (commands === commandsInTurn || characters > charactersInTurn) {
        await nextTurn()
        ;[commands, characters] = [0, 0]
      }
      publishOne(delivery)
      commands++
      characters += delivery.command.length
    }
  }

  let isLooking = false
  let isCalled = false

  return {
    publish,
    welcome: coalescer<VerifiedDevice, void>({
      run: async (devices) => {
        const deliveries = await sendTo(db, devices, gateway)
        const many = Map.groupBy(deliveries, ({ deviceId }) => deviceId)
        for (const { id } of devices) {
          const known = connected.get(id)
          if (known) known.hasMore = many.get(id)?.length === perDevice
        }
        await publish(deliveries)
        return []
      },
      nameOf: (device) => device.id,
      maxBatch: 500,
      lanes: 1,
      bound: { maxWaiting: maxWelcomed, patienceMs: sessionSettings.statement_timeout, overloaded: tooMany },
    }),
    look: async () => {
      isCalled = true
      if (isLooking) return
      isLooking = true
      try {
        while (isCalled && !isStopping()) {
          isCalled = false
          const deliveries = await sendQueued(db, gateway)
          await publish(deliveries)
          if (deliveries.length > 0) isCalled = true
        }
      } finally {
        isLooking = false
      }
    },
    repeat: async () => publish(await sendAgain(db, gateway)),
    reconcile: async () => {
      const all = [...connected.values()].filter(({ isNoted }) => isNoted).map(({ device }) => device)
      for (let start = 0; start < all.length && !isStopping(); start += reconcileChunk) {
        const devices = all.slice(start, start + reconcileChunk)
        for (const deviceId of await findUnknownDevices(db, devices, gateway)) end(deviceId)
        await publish(await sendMissed(db, devices, gateway))
      }
    },
  }
}
