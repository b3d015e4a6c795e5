import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node'
import type { Background } from '../background.ts'
import type { Sealer } from '../sealer.ts'
import { natsServers } from '../settings/nats-url.ts'
import { within } from '../within.ts'
import { decode, encode, type PeerMessage } from './message.ts'
import type { FarPeers } from './peers.ts'

const retryMs = 500
const connectMs = 2_000
/** A server that is silent for twice as long is given up. */
const pingMs = 2_000
/** What the server has not confirmed; past that, nothing more is told. A message is refused beyond 1 MiB. */
const maxUnconfirmedBytes = 1_000_000
const farewellMs = 500

/** Nodes of other machines, by way of NATS. While NATS is away nobody is told anything; it is looked for until it is back. */
export function openNats(url: string, sealer: Sealer, background: Background): FarPeers {
  // Nobody without the platform's key speaks to its nodes, nor does another platform on the same NATS.
  const subject = `mason.${sealer.derive('the subject of wake-ups').toString('hex').slice(0, 32)}`
  const options: NodeConnectionOptions = {
    ...natsServers(url),
    ...{ name: 'mason', noEcho: true, reconnect: false, timeout: connectMs, pingInterval: pingMs, maxPingOut: 2 },
  }
  const loop = background.loop('nats', {
    failed:
      'NATS is away: commands reach devices at other nodes by polling, and each machine counts requests by itself',
    over: 'NATS is back',
  })
  const stopping = new AbortController()
  const listeners: ((message: PeerMessage) => void)[] = []
  const watchers: ((isWhole: boolean) => void)[] = []
  let current: Connection | undefined

  const hear = (bytes: Uint8Array) => {
    const message = decode(bytes)
    if (message) for (const listener of listeners) listener(message)
  }
  const change = (connection: Connection | undefined) => {
    if (current === connection) return
    current = connection
    for (const watcher of watchers) watcher(connection !== undefined)
  }
  const serve = async () => {
    const nats = await connect(options)
    if (stopping.signal.aborted) return nats.close()
    logErrors(nats, loop.failed).catch(loop.failed)
    nats.subscribe(subject, { callback: (error, { data }) => (error ? loop.failed(error) : hear(data)) })
    // Whoever may not subscribe is told so before this is over.
    await nats.flush()
    loop.succeeded()
    change(newConnection(nats, subject))
    throw (await nats.closed()) ?? new Error('NATS has closed the connection')
  }
  const serving = (async () => {
    while (!stopping.signal.aborted) {
      await serve().catch((error) => stopping.signal.aborted || loop.failed(error))
      change(undefined)
      await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()

  return {
    get isWhole() {
      return current !== undefined
    },
    tell: (message) => current?.send(encode(message)),
    hear: (listener) => void listeners.push(listener),
    watch: (watcher) => void watchers.push(watcher),
    close: async () => {
      stopping.abort()
      void current?.nats.close()
      await within(farewellMs, serving)
    },
  }
}

async function logErrors(nats: NatsConnection, failed: (error: unknown) => void): Promise<void> {
  for await (const status of nats.status()) if (status.type === 'error') failed(status.error)
}

interface Connection {
  nats: NatsConnection
  send(bytes: Buffer): void
}

/** The client keeps what the server does not read: so only so much is handed to it as the server has confirmed. */
function newConnection(nats: NatsConnection, subject: string): Connection {
  let unconfirmed = 0
  let isAsking = false
  const confirm = async () => {
    isAsking = true
    while (unconfirmed > 0) {
      const asked = unconfirmed
      await nats.flush()
      unconfirmed -= asked
    }
    isAsking = false
  }
  return {
    nats,
    send: (bytes) => {
      if (nats.isClosed() || unconfirmed + bytes.length > maxUnconfirmedBytes) return
      nats.publish(subject, bytes)
      unconfirmed += bytes.length
      // It fails with the connection, which is told elsewhere.
      if (!isAsking) confirm().catch(() => {})
    },
  }
}
