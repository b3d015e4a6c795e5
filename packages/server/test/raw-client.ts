import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

/** A connection of somebody who says nothing that is right. */
export interface RawClient {
  /** What the kernel closes, resets or leaves alone. */
  raw: Socket
  /** Writes, through TLS where the port speaks it. */
  write(bytes: string | Buffer): void
  /** Everything that came, once the other side has ended the connection. */
  heard: Promise<string>
}

/** Connects, and over TLS waits for the handshake. */
export async function newRawClient(port: number, { isTls = false } = {}): Promise<RawClient> {
  const raw = connectTcp(port, '127.0.0.1').on('error', () => {})
  await once(raw, 'connect')
  if (!isTls) return { raw, write: (bytes) => raw.write(bytes), heard: read(raw) }
  const secured = connectTls({ socket: raw, rejectUnauthorized: false }).on('error', () => {})
  await Promise.race([once(secured, 'secureConnect'), once(raw, 'close')])
  return { raw, write: (bytes) => secured.write(bytes), heard: read(secured) }
}

async function read(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (piece) => {
    text += piece
  })
  await new Promise((resolve) => socket.once('close', resolve))
  return text
}

const upgrade = (path: string, more = '') =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: mqtt\r\n${more}\r\n`

const connectPacket = Buffer.from([0x10, 0x0c, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0])

/** How far a client gets with HTTP before it stops. */
export const httpPhases: readonly (readonly [string, string | Buffer])[] = [
  ['silence', ''],
  ['half a header', 'GET /v1/default/device HTTP/1.1\r\nHos'],
  ['half a body', 'POST /agent/v1/checkin HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"bootId":'],
  ['half a stream', 'POST /v1/default/usage HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab'],
  ['a request', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['requests in a row', 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20)],
  ['an upgrade of an unknown path', upgrade('/nowhere')],
  ['an upgrade of a known path', upgrade('/v1/default/device')],
  ['an upgrade of X-Ray', upgrade(`/v1/global/xray/${crypto.randomUUID()}/adb`)],
  [
    'an upgrade to HTTP/2',
    'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA\r\n\r\n',
  ],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  [
    'an upgrade of /mqtt without a key',
    'GET /mqtt HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  ],
  ['an upgrade of /mqtt', upgrade('/mqtt')],
  [
    'an upgrade of /mqtt and half a frame',
    Buffer.concat([Buffer.from(upgrade('/mqtt')), Buffer.from([0x82, 0xfe, 0x10])]),
  ],
  [
    'an upgrade of /mqtt and a wrong frame',
    Buffer.concat([Buffer.from(upgrade('/mqtt')), Buffer.from([0x02, 0x01, 0xff])]),
  ],
  ['a tunnel', 'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n'],
  ['MQTT', connectPacket],
]

/** The same with MQTT. */
export const mqttPhases: readonly (readonly [string, string | Buffer])[] = [
  ['silence', ''],
  ['half a CONNECT', connectPacket.subarray(0, 7)],
  ['a CONNECT of nobody', connectPacket],
  ['a packet before CONNECT', Buffer.from([0x30, 0x03, 0, 1, 0x61])],
  ['a packet without an end', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ['a huge packet', Buffer.from([0x10, 0xff, 0xff, 0xff, 0x7f])],
  ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
]
