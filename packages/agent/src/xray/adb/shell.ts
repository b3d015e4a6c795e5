import type { Readable } from 'node:stream'
import { finished } from 'node:stream/promises'
import type { AdbHost, AdbProcess } from './adb-host.ts'
import type { AdbStream } from './adb-stream.ts'
import { ByteReader } from './byte-reader.ts'

/** The kinds of packets of shell protocol 2. Source: AOSP, packages/modules/adb/shell_protocol.h. */
const packets = { stdin: 0, stdout: 1, stderr: 2, exit: 3, closeStdin: 4, windowSize: 5 } as const
const maxPacket = 2 ** 20
const defaultTerminal = 'dumb'

/**
 * Serves `shell:` and `exec:`.
 *
 * @param service such as `shell,v2,TERM=xterm-256color,pty:ls`.
 * @returns a function that ends what runs, when the connection has ended.
 */
export function serveShell(stream: AdbStream, service: string, host: AdbHost): () => void {
  const colon = service.indexOf(':')
  const [kind, ...options] = service.slice(0, colon).split(',')
  const line = service.slice(colon + 1).replace(/\0+$/, '')
  const isVersion2 = options.includes('v2')
  // A command of protocol 1 gets no terminal: its output stays as it is, as for an image.
  const hasTerminal = kind === 'shell' && (options.includes('pty') || (line === '' && !options.includes('raw')))
  const named = options.find((option) => option.startsWith('TERM='))?.slice('TERM='.length)
  const process = host.run(line, hasTerminal ? named || defaultTerminal : undefined)
  process.stdin.on('error', () => {})
  if (isVersion2) void serveVersion2(stream, process)
  else void serveVersion1(stream, process)
  const hangUp = () => process.hangUp()
  stream.once('left', () => {
    if (kind === 'shell') return hangUp()
    // `exec:` ends its input by closing the stream, and what runs may still have to work on that; nobody reads what it says.
    process.stdout.destroy()
    process.stderr?.destroy()
  })
  stream.once('close', hangUp)
  return hangUp
}

async function serveVersion1(stream: AdbStream, process: AdbProcess): Promise<void> {
  stream.pipe(process.stdin)
  const outputs = [process.stdout, process.stderr].filter((output) => output !== undefined)
  for (const output of outputs) output.pipe(stream, { end: false })
  await Promise.all(outputs.map(ended))
  await process.exit
  stream.end()
}

async function serveVersion2(stream: AdbStream, process: AdbProcess): Promise<void> {
  void readInput(stream, process)
  await Promise.all([
    copy(process.stdout, packets.stdout, stream),
    process.stderr && copy(process.stderr, packets.stderr, stream),
  ])
  const status = await process.exit
  stream.end(packet(packets.exit, Buffer.from([status & 0xff])))
}

async function readInput(stream: AdbStream, process: AdbProcess): Promise<void> {
  const reader = new ByteReader(stream)
  for (;;) {
    const header = await reader.exactly(5)
    const length = header?.readUInt32LE(1) ?? 0
    const payload = header && length <= maxPacket ? await reader.exactly(length) : undefined
    if (!header || !payload) break
    if (header[0] === packets.stdin) await write(process, payload)
    else if (header[0] === packets.closeStdin) process.stdin.end()
    else if (header[0] === packets.windowSize) resize(process, payload.toString())
  }
  process.stdin.end()
}

const write = (process: AdbProcess, bytes: Buffer) =>
  new Promise<void>((resolve) => {
    if (process.stdin.destroyed || process.stdin.writableEnded || process.stdin.write(bytes)) return resolve()
    const go = () => {
      process.stdin.off('drain', go).off('close', go)
      resolve()
    }
    process.stdin.once('drain', go).once('close', go)
  })

/** Such as `24x80,0x0`: rows and columns, then pixels. */
function resize(process: AdbProcess, text: string): void {
  const [, rows, columns] = /^(\d{1,4})x(\d{1,4}),/.exec(text) ?? []
  if (Number(rows) > 0 && Number(columns) > 0) process.resize(Number(rows), Number(columns))
}

async function copy(output: Readable, id: number, stream: AdbStream): Promise<void> {
  try {
    for await (const piece of output as AsyncIterable<Buffer>) {
      if (stream.isLeft || stream.destroyed) continue
      await new Promise<void>((resolve) => stream.write(packet(id, piece), () => resolve()))
    }
  } catch {
    // A terminal whose shell has ended cannot be read any more.
  }
}

const ended = (output: Readable) => finished(output, { writable: false }).catch(() => {})

function packet(id: number, payload: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(5 + payload.length)
  bytes[0] = id
  bytes.writeUInt32LE(payload.length, 1)
  payload.copy(bytes, 5)
  return bytes
}
