import type { AdbHost, FileSink, FileState } from './adb-host.ts'
import type { AdbStream } from './adb-stream.ts'
import { ByteReader } from './byte-reader.ts'

/** As much as a DATA of the sync protocol may carry. Source: AOSP, packages/modules/adb/SYNC.TXT. */
const maxData = 64 * 1024
const maxPath = 4_096

/** Serves `sync:`: stat, list, pull and push of files. */
export async function serveSync(stream: AdbStream, host: AdbHost): Promise<void> {
  const reader = new ByteReader(stream)
  for (;;) {
    const request = await reader.exactly(8)
    if (!request) return
    const id = request.toString('latin1', 0, 4)
    const length = request.readUInt32LE(4)
    if (id === 'QUIT') return
    if (length > maxPath) return fail(stream, `a path of ${length} bytes is too long`)
    const argument = (await reader.exactly(length))?.toString()
    if (argument === undefined) return
    const isServed = await serveRequest(id, argument, { stream, reader, host })
    if (!isServed) return fail(stream, `there is no request ${id}`)
  }
}

interface Context {
  stream: AdbStream
  reader: ByteReader
  host: AdbHost
}

async function serveRequest(id: string, argument: string, context: Context): Promise<boolean> {
  const { stream, host } = context
  if (id === 'STAT') await send(stream, Buffer.concat([Buffer.from('STAT'), stateBytes(await host.stat(argument))]))
  else if (id === 'LIST') await sendList(stream, await host.list(argument).catch(() => []))
  else if (id === 'STA2' || id === 'LST2')
    await send(stream, Buffer.concat([Buffer.from(id), stateBytes2(await host.stat(argument, id === 'STA2'))]))
  else if (id === 'LIS2') await sendList2(stream, await host.list(argument).catch(() => []))
  else if (id === 'RECV') await sendFile(context, argument)
  else if (id === 'SEND') await receiveFile(context, argument)
  else return false
  return true
}

function stateBytes({ mode, size, modified }: FileState = { mode: 0, size: 0, modified: 0 }): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUInt32LE(mode >>> 0, 0)
  bytes.writeUInt32LE(Math.min(size, 0xffffffff), 4)
  bytes.writeUInt32LE(Math.max(0, Math.floor(modified)) >>> 0, 8)
  return bytes
}

async function sendList(stream: AdbStream, entries: (FileState & { name: string })[]): Promise<void> {
  for (const { name, ...state } of entries) {
    const text = Buffer.from(name)
    await send(stream, Buffer.concat([Buffer.from('DENT'), stateBytes(state), lengthBytes(text.length), text]))
  }
  await send(stream, Buffer.concat([Buffer.from('DONE'), Buffer.alloc(16)]))
}

const noEntry = 2
const stateBytes2Length = 68

/** Of the second version: sizes and times have 64 bits, and an error says that there is none. Devices, owners and links are not told. */
function stateBytes2(state?: FileState): Buffer {
  const bytes = Buffer.alloc(stateBytes2Length)
  if (!state) {
    bytes.writeUInt32LE(noEntry, 0)
    return bytes
  }
  const { mode, size, modified } = state
  bytes.writeUInt32LE(mode >>> 0, 20)
  bytes.writeUInt32LE(1, 24)
  bytes.writeBigUInt64LE(BigInt(size), 36)
  for (const at of [44, 52, 60]) bytes.writeBigInt64LE(BigInt(Math.floor(modified)), at)
  return bytes
}

async function sendList2(stream: AdbStream, entries: (FileState & { name: string })[]): Promise<void> {
  for (const { name, ...state } of entries) {
    const text = Buffer.from(name)
    await send(stream, Buffer.concat([Buffer.from('DNT2'), stateBytes2(state), lengthBytes(text.length), text]))
  }
  await send(stream, Buffer.concat([Buffer.from('DONE'), Buffer.alloc(stateBytes2Length + 4)]))
}

async function sendFile({ stream, host }: Context, path: string): Promise<void> {
  try {
    for await (const piece of await host.read(path))
      for (let start = 0; start < piece.length; start += maxData) {
        const part = piece.subarray(start, start + maxData)
        await send(stream, Buffer.concat([Buffer.from('DATA'), lengthBytes(part.length), part]))
        if (stream.isLeft) return
      }
    await send(stream, Buffer.concat([Buffer.from('DONE'), lengthBytes(0)]))
  } catch (error) {
    await fail(stream, messageOf(error))
  }
}

/** All that is sent is read, even when it cannot be written: only then the client reads why. */
async function receiveFile({ stream, reader, host }: Context, argument: string): Promise<void> {
  const comma = argument.lastIndexOf(',')
  const path = comma < 0 ? argument : argument.slice(0, comma)
  const mode = comma < 0 ? 0o100644 : Number(argument.slice(comma + 1))
  let sink: FileSink | undefined
  let fault: string | undefined
  const attempt = async (work: () => Promise<unknown>) => {
    if (fault !== undefined) return
    try {
      await work()
    } catch (error) {
      fault = messageOf(error)
    }
  }
  await attempt(async () => {
    sink = await host.write(path, mode)
  })
  for (;;) {
    const header = await reader.exactly(8)
    const id = header?.toString('latin1', 0, 4)
    const length = header?.readUInt32LE(4) ?? 0
    if (id === 'DONE') {
      await attempt(async () => sink?.commit(length))
      if (fault === undefined) return send(stream, Buffer.concat([Buffer.from('OKAY'), lengthBytes(0)]))
      await sink?.abort()
      return fail(stream, fault)
    }
    const piece = id === 'DATA' && length <= maxData ? await reader.exactly(length) : undefined
    if (!piece) {
      await sink?.abort()
      stream.destroy()
      return
    }
    await attempt(async () => sink?.write(piece))
  }
}

const lengthBytes = (length: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(length >>> 0)
  return bytes
}

async function fail(stream: AdbStream, message: string): Promise<void> {
  const text = Buffer.from(message)
  await send(stream, Buffer.concat([Buffer.from('FAIL'), lengthBytes(text.length), text]))
}

const send = (stream: AdbStream, bytes: Buffer) =>
  new Promise<void>((resolve) => {
    if (stream.destroyed || stream.writableEnded) return resolve()
    stream.write(bytes, () => resolve())
  })

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
