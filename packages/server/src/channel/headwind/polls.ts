import type { ServerResponse } from 'node:http'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { Reach } from '../reach/reach.ts'
import { askForBoot, configUpdated, type Push, pushesOf } from './push.ts'

/** Proxies cut what is silent for a minute. */
const holdMs = 50_000
/** The agent waits 5 s between two polls; one that misses three is gone. */
const goneAfterMs = 3 * (holdMs + 5_000)
const sweepEveryMs = 5_000
/** After a longer break than this, the device may have been started anew: it pauses for 5 s as a rule. */
const breakMs = 10_000
const maxBootAsks = 5
const maxMessages = 100

interface Visitor {
  device: VerifiedDevice
  poll: { response: ServerResponse; timer: NodeJS.Timeout } | undefined
  messages: Push[]
  /** When the last poll ended. */
  heardAt: number
  /** How often it was asked for its boot, since it may have been started anew; undefined once it has said. */
  bootAsks: number | undefined
}

/** The polls of agents that are open at this node. */
export interface Polls {
  /** Answers when there is something to tell, or after a while. */
  open(device: VerifiedDevice, begin: () => ServerResponse): Promise<void>
  /** Has a device fetch its configuration, if it is here. */
  nudge(deviceId: string): void
  /** A device may have been started anew. */
  askForBoot(deviceId: string): void
  /** A device has said which boot it runs. */
  bootSeen(deviceId: string): void
  start(): void
  /** Answers all that is open. */
  stop(): void
}

export function openPolls(reach: Reach): Polls {
  const visitors = new Map<string, Visitor>()
  let timer: NodeJS.Timeout | undefined
  let isStopping = false

  /** @returns whether somebody was there to hear. */
  const answer = (visitor: Visitor): void => {
    const { poll, messages } = visitor
    if (!poll) return
    visitor.poll = undefined
    visitor.messages = []
    visitor.heardAt = performance.now()
    clearTimeout(poll.timer)
    poll.response.end(`${JSON.stringify(messages)}}`)
  }

  const tell = (visitor: Visitor, pushes: Push[]): void => {
    for (const push of pushes) {
      const isThere =
        push.messageType === 'configUpdated' && visitor.messages.some((one) => one.messageType === push.messageType)
      if (!isThere && visitor.messages.length < maxMessages) visitor.messages.push(push)
    }
    if (visitor.messages.length > 0) answer(visitor)
  }

  const end = (deviceId: string): void => {
    const visitor = visitors.get(deviceId)
    visitors.delete(deviceId)
    if (visitor) answer(visitor)
  }

  const enter = async (device: VerifiedDevice): Promise<Visitor> => {
    const known = visitors.get(device.id)
    if (known?.device.secretHash === device.secretHash) return known
    if (known) answer(known)
    const visitor: Visitor = { device, poll: undefined, messages: [], heardAt: performance.now(), bootAsks: 0 }
    visitors.set(device.id, visitor)
    const hearer = {
      hear: (deliveries: Parameters<typeof pushesOf>[0]) => tell(visitor, pushesOf(deliveries)),
      end: () => {
        if (visitors.get(device.id) === visitor) end(device.id)
      },
    }
    await reach.arrive(device, hearer).catch((error) => {
      visitors.delete(device.id)
      throw error
    })
    return visitor
  }

  const hold = (visitor: Visitor, response: ServerResponse): void => {
    answer(visitor)
    const poll = { response, timer: setTimeout(() => answer(visitor), holdMs) }
    visitor.poll = poll
    response.write('{"status":"OK","message":null,"data":')
    response.once('close', () => {
      clearTimeout(poll.timer)
      if (visitor.poll !== poll) return
      // Nobody has heard anything: the device has gone, perhaps to start anew.
      visitor.poll = undefined
      visitor.heardAt = performance.now()
      visitor.bootAsks = 0
    })
  }

  return {
    open: async (device, begin) => {
      const visitor = await enter(device)
      if (!visitor.poll && performance.now() - visitor.heardAt > breakMs) visitor.bootAsks = 0
      hold(visitor, begin())
      if (visitor.bootAsks !== undefined && visitor.bootAsks < maxBootAsks) {
        visitor.bootAsks++
        tell(visitor, [askForBoot])
      } else if (visitor.messages.length > 0 || isStopping) answer(visitor)
    },
    nudge: (deviceId) => {
      const visitor = visitors.get(deviceId)
      if (visitor) tell(visitor, [configUpdated])
    },
    askForBoot: (deviceId) => {
      const visitor = visitors.get(deviceId)
      if (!visitor) return
      visitor.bootAsks = 1
      tell(visitor, [askForBoot])
    },
    bootSeen: (deviceId) => {
      const visitor = visitors.get(deviceId)
      if (visitor) visitor.bootAsks = undefined
    },
    start: () => {
      timer = setInterval(() => {
        const before = performance.now() - goneAfterMs
        for (const [id, { poll, heardAt }] of visitors) {
          if (poll || heardAt > before) continue
          visitors.delete(id)
          reach.leave(id)
        }
      }, sweepEveryMs).unref()
    },
    stop: () => {
      isStopping = true
      clearInterval(timer)
      for (const visitor of visitors.values()) answer(visitor)
    },
  }
}
