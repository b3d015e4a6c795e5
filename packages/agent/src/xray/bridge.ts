import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'

/** Connects to what a session is about: a port of this host, or an ADB daemon within the agent. */
export type OpenPort = () => Promise<Duplex>

interface BridgeOptions {
  /** The WebSocket of the session. */
  url: string
  authorization: string
  openPort: OpenPort
  signal: AbortSignal
}

/** So much may wait to leave before the port is read on. */
const aheadBytes = 256 * 1024
const handshakeMs = 10_000
/** The server asks for a sign of life every few seconds. */
const silentMs = 60_000
/** For clients that never say that they have a connection. */
const unsaidMs = 3_000
const greeting = Buffer.from('CNXN')

/**
 * Joins a session and carries its bytes to the port and back, until the session ends. When the port closes, the session stays open,
 * and the client's next connection opens it anew. Source: docs/contract.md §10.
 */
export function bridge({ url, authorization, openPort, signal }: BridgeOptions): Promise<void> {
  const socket = new WebSocket(url, {
    headers: { authorization },
    perMessageDeflate: false,
    handshakeTimeout: handshakeMs,
  })
  let port: Promise<Duplex> | undefined
  let isSaid = false

  const connect = (): Promise<Duplex> => {
    port ??= openPort().then(join, (error) => {
      socket.close(1011, `the port of the device does not answer: ${error.message}`.slice(0, 120))
      throw error
    })
    port.catch(() => {})
    return port
  }
  const join = (duplex: Duplex): Duplex => {
    const leave = () => {
      duplex.destroy()
      socket.resume()
      if (current === duplex) [port, current] = [undefined, undefined]
    }
    current = duplex
    duplex.on('error', leave).once('close', leave).once('end', leave)
    duplex.on('drain', () => socket.resume())
    duplex.on('data', (piece: Buffer) => {
      if (socket.readyState !== WebSocket.OPEN) return
      socket.send(piece, () => {
        if (socket.bufferedAmount <= aheadBytes) duplex.resume()
      })
      if (socket.bufferedAmount > aheadBytes) duplex.pause()
    })
    return duplex
  }
  let current: Duplex | undefined
  const hangUp = () => {
    void port?.then((duplex) => duplex.destroy()).catch(() => {})
    port = undefined
  }
  const carry = async (bytes: Buffer) => {
    // What still comes for a connection that is over is for nobody; a new one begins with a greeting.
    if (!port && isSaid && !bytes.subarray(0, 4).equals(greeting)) return
    isSaid = true
    if (current) {
      if (!current.write(bytes)) socket.pause()
      return
    }
    socket.pause()
    const duplex = await connect()
    if (duplex.write(bytes)) socket.resume()
  }

  return new Promise((resolve) => {
    const silence = setTimeout(() => socket.terminate(), silentMs)
    const stop = () => socket.close(1001, 'the agent stops')
    signal.addEventListener('abort', stop, { once: true })
    socket.on('error', () => {})
    socket.on('ping', () => silence.refresh())
    socket.once('open', () => {
      setTimeout(() => {
        if (!isSaid && socket.readyState === WebSocket.OPEN) void connect().catch(() => {})
      }, unsaidMs).unref()
    })
    let turn: Promise<unknown> = Promise.resolve()
    socket.on('message', (data, isBinary) => {
      const bytes = data as Buffer
      turn = turn.then(async () => {
        if (isBinary) return carry(bytes)
        isSaid = true
        if (bytes.toString() === 'client:ok') await connect()
        if (bytes.toString() === 'client:fail') hangUp()
      })
      turn.catch(() => {})
      turn = turn.catch(() => {})
    })
    socket.once('close', () => {
      clearTimeout(silence)
      signal.removeEventListener('abort', stop)
      hangUp()
      resolve()
    })
  })
}
