import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Background, Repeated } from '../../core/background.ts'
import { coalescer } from '../../core/coalescer.ts'
import { type Db, sessionSettings } from '../../core/db/database.ts'
import { overloaded } from '../../core/overloaded.ts'
import type { Peers } from '../../core/peers/peers.ts'
import { sendAgain, sendMissed, sendQueued, sendTo } from '../../fleet/notification/delivery.ts'
import type { Delivery, Leaving } from '../../fleet/wake-ups.ts'
import { findUnknownDevices, presence, renew } from '../mqtt/presence.ts'

/** How a device that can be told things here hears of them. */
interface Hearer {
  hear(deliveries: Delivery[]): void
  /** It is known no more, has another secret, or can be reached elsewhere by now. */
  end(): void
}

interface Options {
  /** As the devices that are reached here, and commands for them, are stamped. */
  id: string
  db: Db
  peers: Peers
  background: Background
}

/**
 * The devices of other vendors' agents that can be told things at this node: they count as connected here, like those of MQTT, and
 * commands find them by the same stamp.
 */
export interface Reach {
  /** Something was queued, and some of it may be for devices here. */
  queued(leaving: Leaving): void
  credentialEnded(deviceId: string, secretHash?: string): void
  /** From now on a device hears here what it is told; first of what waits for it. Resolves once that is noted. */
  arrive(device: VerifiedDevice, hearer: Hearer): Promise<void>
  /** It hears nothing here any more. */
  leave(deviceId: string): void
  /** How many devices hear here. */
  size(): number
  start(): void
  stop(): Promise<void>
}

const lookEveryMs = 1_000
const repeatEveryMs = 10_000
const renewEveryMs = 5_000
const reconcileEveryMs = 30_000
const chunk = 1_000
const maxArriving = 20_000
const tooMany = () => overloaded('More devices come than can be noted: come again later')

export function openReach({ id, db, peers, background }: Options): Reach {
  const here = new Map<string, { device: VerifiedDevice; hearer: Hearer; isNoted: boolean }>()
  const noted = presence(db, id)
  const commands = background.loop('agent-commands')
  const writes = background.loop('agent-presence')
  const repeated: Repeated[] = []
  let isStopping = false

  const hand = (deliveries: Delivery[]) => {
    for (const [deviceId, own] of Map.groupBy(deliveries, (delivery) => delivery.deviceId))
      here.get(deviceId)?.hearer.hear(own)
  }
  const end = (deviceId: string) => {
    const known = here.get(deviceId)
    here.delete(deviceId)
    known?.hearer.end()
  }
  const welcome = coalescer<VerifiedDevice, void>({
    run: async (devices) => {
      hand(await sendTo(db, devices, id))
      return []
    },
    nameOf: (device) => device.id,
    maxBatch: 500,
    lanes: 1,
    bound: { maxWaiting: maxArriving, patienceMs: sessionSettings.statement_timeout, overloaded: tooMany },
  })
  let looking: Promise<unknown> | undefined
  let isCalled = false
  const look = () => {
    isCalled = true
    looking ??= commands
      .run(async () => {
        while (isCalled && !isStopping && here.size > 0) {
          isCalled = false
          const deliveries = await sendQueued(db, id)
          hand(deliveries)
          isCalled ||= deliveries.length > 0
        }
      })
      .finally(() => {
        looking = undefined
      })
    return looking
  }
  const reconcile = async () => {
    const all = [...here.values()].filter(({ isNoted }) => isNoted).map(({ device }) => device)
    for (let first = 0; first < all.length && !isStopping; first += chunk) {
      const devices = all.slice(first, first + chunk)
      for (const deviceId of await findUnknownDevices(db, devices, id)) end(deviceId)
      hand(await sendMissed(db, devices, id))
    }
  }
  peers.hear((message) => {
    if (message.kind === 'queued' && message.gateways.includes(id)) void look()
  })

  return {
    queued: ({ elsewhere }) => {
      if (elsewhere.includes(id)) void look()
    },
    credentialEnded: (deviceId, secretHash) => {
      const known = here.get(deviceId)
      if (known && (secretHash === undefined || known.device.secretHash === secretHash)) end(deviceId)
    },
    arrive: async (device, hearer) => {
      const known = { device, hearer, isNoted: false }
      here.set(device.id, known)
      try {
        await noted.note(device, 'subscribed')
        known.isNoted = true
        await welcome(device)
      } catch (error) {
        if (here.get(device.id) === known) here.delete(device.id)
        throw error
      }
    },
    leave: (deviceId) => {
      const known = here.get(deviceId)
      if (!known || isStopping) return
      here.delete(deviceId)
      void writes.run(() => noted.note(known.device, 'lost'))
    },
    size: () => here.size,
    start: () => {
      const renewal = background.every('agent-renew', renewEveryMs, () => renew(db, id))
      void renewal.turn()
      repeated.push(
        renewal,
        background.every('agent-look', lookEveryMs, look),
        background.every('agent-reconcile', reconcileEveryMs, reconcile),
        background.every('agent-repeat', repeatEveryMs, async () => {
          if (here.size > 0) hand(await sendAgain(db, id))
        }),
      )
    },
    stop: async () => {
      isStopping = true
      await Promise.all(repeated.map((one) => one.stop()))
      await looking
      here.clear()
    },
  }
}
