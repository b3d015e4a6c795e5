import type { Duplex } from 'node:stream'
import type { AdbHost } from './adb-host.ts'
import { AdbStream } from './adb-stream.ts'
import {
  commands,
  encodeMessage,
  firstVersion,
  type Message,
  MessageReader,
  maxPayload,
  versionWithoutChecksum,
} from './message.ts'
import { serveShell } from './shell.ts'
import { serveSync } from './sync.ts'

/** What a client may use beyond the first protocol. */
const features = 'shell_v2,stat_v2,ls_v2,fixed_push_mkdir'
const maxStreams = 100
const smallestPayload = 1_024

/**
 * Speaks the device's side of the ADB protocol on a connection: shell, exec, sync, forwarded sockets and reboot. Whoever has the
 * connection has been let in by the platform, so nobody is asked to authenticate. Source: AOSP, packages/modules/adb/protocol.txt.
 */
export function serveAdb(connection: Duplex, host: AdbHost): void {
  const reader = new MessageReader()
  const streams = new Map<number, AdbStream>()
  const running = new Set<() => void>()
  let [lastId, otherMax, hasChecksum] = [0, 4_096, true]

  const send = (command: number, arg0: number, arg1: number, payload: Buffer = Buffer.alloc(0)) => {
    if (connection.writable) connection.write(encodeMessage({ command, arg0, arg1, payload }, hasChecksum))
  }
  const greet = (version: number, max: number) => {
    for (const stream of streams.values()) stream.left()
    streams.clear()
    otherMax = Math.min(maxPayload, Math.max(smallestPayload, max))
    hasChecksum = version < versionWithoutChecksum
    const properties = Object.entries(host.properties).map(([name, value]) => `${name}=${value};`)
    const banner = `device::${properties.join('')}features=${features}`
    send(commands.connect, hasChecksum ? firstVersion : versionWithoutChecksum, maxPayload, Buffer.from(banner))
  }
  const open = (remote: number, service: string) => {
    if (streams.size >= maxStreams || !isKnown(service)) send(commands.close, 0, remote)
    else if (isSocket(service)) void openSocket(remote, service)
    else serve(accept(remote), service)
  }
  const openSocket = async (remote: number, service: string) => {
    const socket = await host.connect?.(service).catch(() => undefined)
    if (socket && connection.writable) return carry(accept(remote), socket)
    socket?.destroy()
    send(commands.close, 0, remote)
  }
  const accept = (remote: number): AdbStream => {
    lastId = (lastId % 0x7fffffff) + 1
    const local = lastId
    const stream = new AdbStream({
      write: (piece) => send(commands.write, local, remote, piece),
      okay: () => send(commands.okay, local, remote),
      close: () => send(commands.close, local, remote),
      maxBytes: () => otherMax,
    })
    streams.set(local, stream)
    stream.once('close', () => streams.delete(local))
    send(commands.okay, local, remote)
    return stream
  }
  const serve = (stream: AdbStream, service: string) => {
    if (service.startsWith('sync:')) {
      void serveSync(stream, host).then(() => stream.end())
    } else if (service.startsWith('reboot:')) {
      stream.end()
      host.reboot(service.slice('reboot:'.length))
    } else {
      const stop = serveShell(stream, service, host)
      running.add(stop)
      stream.once('close', () => running.delete(stop))
    }
  }

  const receive: Record<number, (message: Message) => void> = {
    [commands.connect]: ({ arg0, arg1 }) => greet(arg0, arg1),
    [commands.open]: ({ arg0, payload }) => open(arg0, payload.toString().replace(/\0+$/, '')),
    [commands.write]: ({ arg0, arg1, payload }) => {
      const stream = streams.get(arg1)
      if (stream) stream.received(Buffer.from(payload))
      else send(commands.close, 0, arg0)
    },
    [commands.okay]: ({ arg1 }) => streams.get(arg1)?.taken(),
    [commands.close]: ({ arg1 }) => streams.get(arg1)?.left(),
  }
  connection.on('data', (bytes: Buffer) => {
    try {
      for (const message of reader.read(bytes)) receive[message.command]?.(message)
    } catch {
      connection.destroy()
    }
  })
  connection.on('error', () => connection.destroy())
  // Nobody closes half of it: the other end is gone.
  connection.once('end', () => connection.destroy())
  connection.once('close', () => {
    for (const stop of running) stop()
    for (const stream of streams.values()) stream.destroy()
  })
}

/** Joins a stream with a socket of the host, until either of them closes. */
function carry(stream: AdbStream, socket: Duplex): void {
  stream.pipe(socket).pipe(stream)
  stream.once('close', () => socket.destroy())
  socket.on('error', () => stream.end())
  // Nobody is there any more for what the host would still say.
  socket.once('finish', () => stream.isLeft && socket.destroy())
}

const isSocket = (service: string) => /^(tcp|localabstract):/.test(service)
const isKnown = (service: string) =>
  isSocket(service) || (/^(shell|exec)[,:]|^(sync|reboot):/.test(service) && service.includes(':'))
