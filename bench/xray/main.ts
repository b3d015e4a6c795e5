// What X-Ray's relay costs: how long a keystroke takes to the device and back, how many bytes pass a second, and how much memory
// sessions hold whose reader is slow. `--keystrokes`, `--megabytes` and `--sessions` make it smaller.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createClient } from '@mason/sdk/client'
import { runProgram } from '../closing.ts'
import { percentile } from '../compare.ts'
import { readResidentKb } from '../memory.ts'
import { startPlatform } from '../platform.ts'
import { openPair, type Pair } from './side.ts'

const { values } = parseArgs({
  options: {
    keystrokes: { type: 'string', default: '2000' },
    megabytes: { type: 'string', default: '20' },
    sessions: { type: 'string', default: '50' },
  },
})
const keystrokes = Number(values.keystrokes)
const bytes = Number(values.megabytes) * 1e6
const sessions = Number(values.sessions)
const rounds = 5
const pieceBytes = 64 * 1024
const slowMs = 3_000
const longMessage = Buffer.alloc(4 * 2 ** 20, 1)

const say = (line: string) => process.stdout.write(`${line}\n`)
const ms = (value: number) => `${value.toFixed(2)} ms`

async function main(): Promise<void> {
  const platform = await startPlatform([])
  const server = {
    ...{ port: platform.port, key: platform.ownerKey },
    api: createClient({ baseUrl: `http://127.0.0.1:${platform.port}`, key: platform.ownerKey }),
  }
  const first = await openPair(server)
  await measureEcho('a keystroke to the device and back', first)
  await measureEchoOfTcp()
  await measureFlow('down', first.device, first.client)
  await measureFlow('up', first.client, first.device)

  const beforeKb = readResidentKb(platform.pid)
  const pairs: Pair[] = []
  for (let count = 0; count < sessions; count++) pairs.push(await openPair(server))
  const openKb = readResidentKb(platform.pid)
  for (const { client } of pairs) client.pause()
  const piece = Buffer.alloc(pieceBytes, 1)
  const endAt = performance.now() + slowMs
  while (performance.now() < endAt) {
    for (const { device } of pairs) if (device.bufferedAmount < 2 ** 20) device.send(piece)
    await sleep(1)
  }
  const fullKb = readResidentKb(platform.pid)
  for (const { device } of pairs) device.pause()
  for (const { client } of pairs) client.send(longMessage)
  await sleep(slowMs)
  const longKb = readResidentKb(platform.pid)
  say(
    `${sessions} sessions: ${mb(openKb - beforeKb)} MB more, and with readers that read nothing ${mb(fullKb - beforeKb)} MB, ` +
      `and after a message of ${longMessage.length / 2 ** 20} MiB in each of the other direction ${mb(longKb - beforeKb)} MB`,
  )
  for (const { client, device } of pairs) for (const side of [client, device]) side.terminate()
  await sleep(1_000)
}

const mb = (kb: number) => (kb / 1_000).toFixed(0)

async function measureEcho(what: string, { client, device }: Pair): Promise<void> {
  const echo = (data: Buffer) => device.send(data)
  device.on('message', echo)
  const times: number[] = []
  for (let count = 0; count < keystrokes; count++) {
    const at = performance.now()
    client.send(Buffer.from('x'))
    await once(client, 'message')
    times.push(performance.now() - at)
  }
  device.off('message', echo)
  tell(what, times)
}

/** The floor: the same over a socket, with nothing in between. */
async function measureEchoOfTcp(): Promise<void> {
  const echo = createServer({ noDelay: true }, (socket) => void socket.pipe(socket)).listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const socket = connect({ port: (echo.address() as { port: number }).port, host: '127.0.0.1', noDelay: true })
  const times: number[] = []
  for (let count = 0; count < keystrokes; count++) {
    const at = performance.now()
    socket.write('x')
    await once(socket, 'data')
    times.push(performance.now() - at)
  }
  socket.destroy()
  echo.close()
  tell('the same over one TCP connection', times)
}

function tell(what: string, times: number[]): void {
  times.sort((a, b) => a - b)
  say(`${what}: p50 ${ms(percentile(times, 0.5))}, p99 ${ms(percentile(times, 0.99))}`)
}

async function measureFlow(direction: string, from: Pair['client'], to: Pair['client']): Promise<void> {
  const rates: number[] = []
  for (let round = 0; round < rounds; round++) {
    const at = performance.now()
    let left = bytes
    const arrived = new Promise<void>((resolve) => {
      const count = (data: Buffer) => {
        left -= data.length
        if (left > 0) return
        to.off('message', count)
        resolve()
      }
      to.on('message', count)
    })
    for (let sent = 0; sent < bytes; sent += pieceBytes) {
      const piece = Buffer.alloc(Math.min(pieceBytes, bytes - sent), 1)
      await new Promise<void>((resolve) => from.send(piece, () => resolve()))
    }
    await arrived
    rates.push(bytes / 1_000 / (performance.now() - at))
  }
  rates.sort((a, b) => a - b)
  say(`${bytes / 1e6} MB ${direction}: ${(rates[Math.floor(rounds / 2)] ?? 0).toFixed(0)} MB/s (median of ${rounds})`)
}

await runProgram(main)
