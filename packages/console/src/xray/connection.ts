import { createXrayTicket, type XrayService } from '@mason/contract/xray'
import { createClient } from '@mason/sdk/client'
import { one, platformFetch } from '../api/client.ts'
import { LastingSocket } from './lasting-socket.ts'

/** An open session with a device. */
export interface XrayConnection {
  /** The id of the session. */
  id: string
  socket: WebSocket
  /** Of ADB: goes on when its connection is cut. */
  stream: LastingSocket | undefined
  /** Resolves when the session is over, with why. */
  ended: Promise<Ending>
  /** Says that somebody listens: the device connects to its port. */
  listen(): void
  close(): void
}

interface Ending {
  reason: string
  /** Whether the connection broke, and nobody ended the session. */
  isLost: boolean
}

/** After 10 seconds the platform itself says that a device does not come. */
const patienceMs = 15_000

/** That somebody is on the device is said at once, and not tried again. */
const { call } = createClient({
  baseUrl: '',
  maxRetries: 0,
  fetch: (input, init) => platformFetch(String(input), init),
})

/** Opens a session: it is there once the device has come. @throws Error that says why it could not be. */
export async function openXray(
  deviceId: string,
  service: XrayService,
  reason: string | undefined,
): Promise<XrayConnection> {
  const ticket = one(await call(createXrayTicket, { id: deviceId, service, ...(reason && { reason }) }))
  const isLasting = service === 'adb'
  const socket = new WebSocket(isLasting ? `${ticket.url}&received=0` : ticket.url)
  socket.binaryType = 'arraybuffer'
  const ended = new Promise<Ending>((resolve) => {
    socket.addEventListener('close', (closed) => resolve(endingOf(closed)))
  })
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      socket.close()
      reject(new Error('The device did not answer'))
    }, patienceMs)
    socket.addEventListener('message', ({ data }) => {
      if (data !== 'device:ok') return
      clearTimeout(timer)
      resolve()
    })
    void ended.then(({ reason: said }) => {
      clearTimeout(timer)
      reject(new Error(sentence(said)))
    })
  })
  const listen = () => socket.send('client:ok')
  if (!isLasting) return { id: ticket.id, socket, stream: undefined, ended, listen, close: () => socket.close(1000) }
  const stream = new LastingSocket(ticket.id, ticket.url.replace(/\?.*/, ''), socket)
  return { id: ticket.id, socket, stream, ended: stream.ended.then(endingOf), listen, close: () => stream.close() }
}

const endingOf = ({ code, reason }: Pick<CloseEvent, 'code' | 'reason'>): Ending => ({
  reason: reason || 'The connection broke',
  isLost: code === 1006,
})

/** What the platform says of an end, as a sentence of its own. */
export const sentence = (text: string) => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`
