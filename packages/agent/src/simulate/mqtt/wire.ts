import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { WebSocket } from 'ws'

/** A byte stream to and from a broker. */
export interface Wire {
  write(bytes: Uint8Array): void
  /** Closes it after everything written was sent. */
  end(): void
  /** Closes it at once. */
  destroy(): void
}

export interface WireEvents {
  onOpen: () => void
  onData: (bytes: Buffer) => void
  /** Called once, even if it never opened. */
  onClose: (fault: Error | undefined) => void
}

/**
 * Connects to a broker.
 *
 * @param url mqtt, mqtts, ws or wss.
 */
export function openWire(url: URL, events: WireEvents): Wire {
  return url.protocol.startsWith('ws') ? openWebSocket(url, events) : openSocket(url, events)
}

function openSocket(url: URL, { onOpen, onData, onClose }: WireEvents): Wire {
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const isTls = url.protocol === 'mqtts:'
  const port = Number(url.port) || (isTls ? 8883 : 1883)
  const socket: Socket = isTls
    ? connectTls({ host, port, servername: host })
    : connectTcp({ host, port, noDelay: true })
  let fault: Error | undefined
  socket.once(isTls ? 'secureConnect' : 'connect', onOpen)
  socket.on('data', onData)
  socket.on('error', (error) => {
    fault = error
  })
  socket.once('close', () => onClose(fault))
  return { write: (bytes) => socket.write(bytes), end: () => socket.end(), destroy: () => socket.destroy() }
}

function openWebSocket(url: URL, { onOpen, onData, onClose }: WireEvents): Wire {
  const socket = new WebSocket(url, 'mqtt', { perMessageDeflate: false })
  let fault: Error | undefined
  socket.once('open', onOpen)
  // Messages are Buffers, the default `binaryType`.
  socket.on('message', (data: Buffer) => onData(data))
  socket.on('error', (error) => {
    fault = error
  })
  socket.once('close', () => onClose(fault))
  return { write: (bytes) => socket.send(bytes), end: () => socket.close(), destroy: () => socket.terminate() }
}
