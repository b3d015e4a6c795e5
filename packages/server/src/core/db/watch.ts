import { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Background } from '../background.ts'
import { within } from '../within.ts'
import { PrimaryClient } from './primary-client.ts'

/** Connections to PostgreSQL that are given up together when it falls silent. */
export interface Watched {
  /** For every pool and client of this process. */
  connection: pg.ClientConfig
  stop(): Promise<void>
}

const askEveryMs = 1_000
/** With the pause before it well below the five seconds within which a request is to be answered. */
const answerMs = 2_500
/** When this process was held up, what has arrived meanwhile is still to be read. */
const catchUpMs = 500
const retryMs = 250
const probeAfterMs = 30_000

/**
 * A network that swallows packets leaves statements waiting for minutes, for nothing says that nobody is there. So PostgreSQL
 * is asked every second over a connection of its own, and when it falls silent all connections are given up; until it answers
 * again, new ones fail at once.
 */
export function watchConnections(connection: pg.ClientConfig, background: Background): Watched {
  const sockets = new Set<Socket>()
  const stopping = new AbortController()
  let isAway = false
  const looks = background.loop('watch-postgres', {
    failed: 'PostgreSQL does not answer: its connections are given up, requests are answered 503',
    over: 'PostgreSQL answers again',
  })

  const stream = () => {
    const socket = isAway ? new AwaySocket() : new Socket()
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    // Has an effect once it is connected; a socket of the file system knows no such thing.
    return socket.once('connect', () => socket.setKeepAlive(true, probeAfterMs))
  }

  const change = (isAwayNow: boolean) => {
    if (isAway === isAwayNow) return
    isAway = isAwayNow
    if (isAway) for (const socket of sockets) socket.destroy(silence())
  }

  const watch = async (): Promise<void> => {
    const client = new PrimaryClient({ ...connection, connectionTimeoutMillis: answerMs })
    client.on('error', () => {})
    try {
      await client.connect()
      while (!stopping.signal.aborted) {
        const answer = client.query('SELECT 1')
        if (!(await answersInTime(answer))) {
          looks.failed(silence())
          return change(true)
        }
        looks.succeeded()
        change(false)
        await sleep(askEveryMs, undefined, { signal: stopping.signal })
      }
    } finally {
      // A goodbye would wait for an answer, too.
      ;(client as unknown as { connection: { stream: Socket } }).connection.stream.destroy()
    }
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await watch().catch((error) => stopping.signal.aborted || looks.failed(error))
      await sleep(retryMs, undefined, { signal: stopping.signal }).catch(() => {})
    }
  })()

  return {
    connection: { ...connection, stream },
    stop: async () => {
      stopping.abort()
      await within(answerMs, watching)
    },
  }
}

async function answersInTime(answer: Promise<unknown>): Promise<boolean> {
  // What fails at once is no silence.
  const settled = answer.then(
    () => {},
    () => {},
  )
  if ((await within(answerMs, settled)) || (await within(catchUpMs, settled))) {
    await answer
    return true
  }
  return false
}

const silence = () => Object.assign(new Error('PostgreSQL does not answer'), { code: 'ETIMEDOUT' })

/** Fails at once. */
class AwaySocket extends Socket {
  override connect(): this {
    setImmediate(() => this.destroy(silence()))
    return this
  }
}
