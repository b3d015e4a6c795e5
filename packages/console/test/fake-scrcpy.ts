import { type Duplex, duplexPair, PassThrough } from 'node:stream'
import type { AdbHost, AdbProcess } from '../../agent/src/xray/adb/adb-host.ts'
import { linuxHost } from '../../agent/src/xray/linux-host.ts'
import { stillVideo } from './still-video.ts'

const deviceNameBytes = 64
const [isConfiguration, isKeyFrame] = [1n << 63n, 1n << 62n]
const setClipboard = 9

/** A message that a client sends to control the device. */
interface Control {
  type: number
  bytes: Buffer
}

/**
 * An Android device on which the scrcpy server can be started: what of its public protocol a client of version 3.3 sees. Source: scrcpy,
 * doc/develop.md and server/src.
 */
export function fakeAndroid(width: number, height: number) {
  const pushed = new Map<string, Buffer>()
  const lines: string[] = []
  const controls: Control[] = []
  const sockets: Duplex[] = []
  let name: string | undefined

  /** The server takes a connection for video, then one for control. */
  const connect = async (address: string): Promise<Duplex> => {
    if (address !== name) throw new Error('nobody listens')
    const [near, far] = duplexPair()
    sockets.push(far)
    if (sockets.length === 1) sendVideo(far, width, height)
    else readControls(far, controls)
    return near
  }
  const run = (line: string): AdbProcess => {
    const [, path = '', scid] = /^CLASSPATH=(\S+) app_process .*\bscid=([\da-f]+)/.exec(line) ?? []
    if (scid === undefined || !pushed.has(path)) return ended(`${line.split(' ')[0]}: not found\n`, 127)
    lines.push(line)
    name = `localabstract:scrcpy_${scid.padStart(8, '0')}`
    return running(() => {
      for (const socket of sockets.splice(0)) socket.destroy()
      name = undefined
    })
  }
  const host: AdbHost = {
    ...linuxHost(() => {}),
    properties: { 'ro.product.name': 'fake', 'ro.product.model': 'Fake', 'ro.product.device': 'fake' },
    run,
    connect,
    write: async (path) => {
      const pieces: Buffer[] = []
      return {
        write: async (piece) => void pieces.push(Buffer.from(piece)),
        commit: async () => void pushed.set(path, Buffer.concat(pieces)),
        abort: async () => {},
      }
    },
  }
  return {
    ...{ host, pushed, lines, controls },
    /** Says that something was copied on the device. */
    copied: (text: string) => {
      const bytes = Buffer.from(text)
      sockets[1]?.write(Buffer.concat([Buffer.from([0]), uint32(bytes.length), bytes]))
    },
    /** Whether the server runs. */
    isRunning: () => name !== undefined,
  }
}

const running = (onEnd: () => void): AdbProcess => {
  const stdout = new PassThrough()
  const exit = Promise.withResolvers<number>()
  const hangUp = () => {
    onEnd()
    stdout.end()
    exit.resolve(129)
  }
  return { stdin: new PassThrough().resume(), stdout, exit: exit.promise, resize: () => {}, hangUp }
}

const ended = (said: string, status: number): AdbProcess => {
  const stdout = new PassThrough()
  stdout.end(said)
  const exit = Promise.resolve(status)
  return { stdin: new PassThrough().resume(), stdout, exit, resize: () => {}, hangUp: () => stdout.destroy() }
}

function sendVideo(socket: Duplex, width: number, height: number): void {
  const { configuration, picture } = stillVideo(width, height, { y: 81, u: 90, v: 240 })
  const device = Buffer.alloc(deviceNameBytes)
  device.write('Fake')
  // The first connection begins with a byte that means nothing.
  socket.write(Buffer.concat([Buffer.from([0]), device, Buffer.from('h264'), uint32(width), uint32(height)]))
  socket.write(packet(isConfiguration, configuration))
  socket.write(packet(isKeyFrame, picture))
}

function packet(flagsAndTime: bigint, content: Buffer): Buffer {
  const header = Buffer.alloc(12)
  header.writeBigUInt64BE(flagsAndTime, 0)
  header.writeUInt32BE(content.length, 8)
  return Buffer.concat([header, content])
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

/** How long a message is, by its type: a key, text, a touch, a scroll, the clipboard. */
function lengthOf(bytes: Buffer): number {
  const type = bytes[0] ?? 0
  const fixed: Record<number, number> = { 0: 14, 2: 32, 3: 21 }
  if (type === 1) return bytes.length < 5 ? Infinity : 5 + bytes.readUInt32BE(1)
  if (type === setClipboard) return bytes.length < 14 ? Infinity : 14 + bytes.readUInt32BE(10)
  return fixed[type] ?? 1
}

function readControls(socket: Duplex, controls: Control[]): void {
  let waiting: Buffer = Buffer.alloc(0)
  socket.on('error', () => {})
  socket.on('data', (bytes: Buffer) => {
    waiting = Buffer.concat([waiting, bytes])
    while (waiting.length > 0 && waiting.length >= lengthOf(waiting)) {
      const length = lengthOf(waiting)
      controls.push({ type: waiting[0] ?? 0, bytes: waiting.subarray(0, length) })
      waiting = waiting.subarray(length)
    }
  })
}
