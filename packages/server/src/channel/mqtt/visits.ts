import type { DesiredState } from '@mason/contract/deployment'
import type { Withdrawal } from '@mason/contract/notification'
import type { XrayCall } from '@mason/contract/xray'
import type { Client, Subscription } from 'aedes'
import type { FastifyBaseLogger } from 'fastify'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Loop } from '../../core/background.ts'
import { saidGoodbye } from './aedes-internals.ts'
import type { Connected } from './connected.ts'
import type { ConnectedDevices } from './connected-devices.ts'
import type { Change, Presence } from './presence.ts'
import type { Work } from './work.ts'

interface Options {
  devices: ConnectedDevices
  presence: Presence
  /** Counts what the database did not take. */
  writes: Loop
  work: Work
  /** Hands a device what waits for it. */
  welcome(device: VerifiedDevice): Promise<void>
  /** Who waits for a device over X-Ray. */
  callsFor(deviceId: string): XrayCall[]
  log: FastifyBaseLogger
}

/** A device that has not subscribed by then is noted as connected; most do at once, and one write says both. */
const subscribeWithinMs = 1_000
const shownCharacters = 100
const notificationsOf = (deviceId: string) => `devices/${deviceId}/notifications`
const deploymentsOf = (deviceId: string) => `devices/${deviceId}/deployments`
const xrayOf = (deviceId: string) => `devices/${deviceId}/xray`
const topicsOf = (deviceId: string) => [notificationsOf(deviceId), deploymentsOf(deviceId), xrayOf(deviceId)]

/** What a device's connection goes through: it comes, it subscribes, it leaves; and the table says so. */
export function visits({ devices, presence, writes, work, welcome, callsFor, log }: Options) {
  const note = ({ device }: Connected, change: Change, isWanted: () => boolean) =>
    work.persist(writes, device.id, () => presence.note(device, change), isWanted)
  const publish = ({ client }: Connected, topic: string, payload: string) =>
    client.publish({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }, () => {})
  const publishCall = (known: Connected, call: XrayCall) =>
    publish(known, xrayOf(known.device.id), JSON.stringify(call))

  return {
    ready(client: Client): void {
      const known = devices.current(client)
      if (!known) return
      const noteConnection = () => {
        if (!known.isSubscribed) note(known, 'connected', () => devices.has(known))
      }
      setTimeout(noteConnection, subscribeWithinMs).unref()
    },

    maySubscribe(client: Client, { topic }: Subscription): boolean {
      if (topicsOf(client.id).includes(topic)) return true
      const known = devices.current(client)
      const complaint = 'MQTT subscription refused: a device reads only what is for itself'
      if (known && known.complaint !== complaint)
        log.warn({ device: client.id, topic: topic.slice(0, shownCharacters) }, complaint)
      if (known) known.complaint = complaint
      return false
    },

    subscribed(subscriptions: readonly Subscription[], client: Client): void {
      const known = devices.current(client)
      if (!known) return
      known.readsDeployments ||= subscriptions.some(({ topic }) => topic === deploymentsOf(client.id))
      if (!known.readsXray && subscriptions.some(({ topic }) => topic === xrayOf(client.id))) {
        known.readsXray = true
        for (const call of callsFor(client.id)) publishCall(known, call)
      }
      if (known.isSubscribed || !subscriptions.some(({ topic }) => topic === notificationsOf(client.id))) return
      known.isSubscribed = true
      const greet = async () => {
        await presence.note(known.device, 'subscribed')
        known.isNoted = true
        await welcome(known.device)
      }
      work.persist(writes, known.device.id, greet, () => devices.has(known))
    },

    /** What the answer of a check-in says over HTTP; lost on the way, it comes again with the next one. */
    publishDeployments(known: Connected, desired: DesiredState): void {
      if (known.readsDeployments) publish(known, deploymentsOf(known.device.id), JSON.stringify(desired))
    },

    /** Tells a device that somebody waits for it; one that has lost the message hears of it by its next check-in. */
    callDevice(deviceId: string, call: XrayCall): void {
      const known = devices.byId.get(deviceId)
      if (known?.readsXray) publishCall(known, call)
    },

    /** Lost on the way, it is told again when the device asks at the next opening. */
    publishWithdrawn(known: Connected, withdrawn: string[]): void {
      const payload = JSON.stringify({ withdrawn } satisfies Withdrawal)
      if (known.isSubscribed) publish(known, notificationsOf(known.device.id), payload)
    },

    left(client: Client): void {
      const known = devices.current(client)
      if (!known) return
      devices.byId.delete(client.id)
      if (work.isStopping) return
      // A device that has come back meanwhile says so itself.
      note(known, saidGoodbye(client) ? 'goodbye' : 'lost', () => !devices.byId.has(client.id))
    },
  }
}
