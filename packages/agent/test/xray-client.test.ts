import { Buffer } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getDevice } from '@mason/contract/device'
import { endXraySession, listXraySessions } from '@mason/contract/xray'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { usePlatform } from '../../server/test/harness.ts'
import { mustOpen, type XraySide, xrayUrl } from '../../server/test/xray.ts'
import { commands, encodeMessage, type Message, MessageReader } from '../src/xray/adb/message.ts'
import { linuxHost } from '../src/xray/linux-host.ts'
import { adbDaemon } from '../src/xray/xray.ts'
import { startSimulatedDevice } from './simulated-device.ts'
import { startAgent } from './start-agent.ts'
import { temporaryDirectory } from './temporary-directory.ts'

// What the public client says on the wire: ADB with messages of 4,096 bytes, checksums and one stream at a time.
const version = 0x01000000
const maxData = 4_096
const maxDataOfSync = 2_048

const platform = usePlatform({ CHECKIN_SECONDS: '1' })
let openHost: () => Promise<WireClient>
let openSimulated: () => Promise<WireClient>
let endSession: () => Promise<unknown>
let folder: string
const cleanUps: (() => Promise<unknown>)[] = []
beforeAll(async () => {
  const account = await platform.newAccount()
  const directory = await temporaryDirectory()
  folder = directory.path
  const device = await newDevice(platform, account)
  const agent = await startAgent(
    folder,
    { ...device, server: platform.url, checkinSeconds: 1 },
    { xray: { adb: adbDaemon(linuxHost(() => {})) } },
  )
  cleanUps.push(agent.stop, () => directory[Symbol.asyncDispose]())
  await eventually(async () => expect((await account.call(getDevice, { id: device.id })).data[0]?.xray).toBeDefined())
  openHost = () => openAt(account.key, device.id)
  endSession = async () => {
    const [session] = (await account.call(listXraySessions, { device: device.id, open: true })).data
    return account.call(endXraySession, { id: session?.id ?? '' })
  }
  const other = await platform.newAccount()
  const simulated = await startSimulatedDevice(platform.url, other)
  cleanUps.push(simulated.stop)
  openSimulated = () => openAt(other.key, simulated.id)
})
afterAll(async () => {
  for (const cleanUp of cleanUps) await cleanUp()
})

const openAt = (key: string, deviceId: string) =>
  eventually(async () => {
    // The scheme is `Basic` and the raw key, without Origin, sub-protocol and extensions.
    const side = await mustOpen(xrayUrl(platform.url, deviceId, 'adb'), { authorization: `Basic ${key}` })
    await expect.poll(() => side.texts).toEqual(['device:ok'])
    side.send('client:ok')
    const client = new WireClient(side)
    expect((await client.connect()).command).toBe(commands.connect)
    return client
  })

/** A client that knows no more of ADB than the public one. */
class WireClient {
  readonly #side: XraySide
  readonly #reader = new MessageReader()
  readonly #messages: Message[] = []
  #read = 0
  #remote = 0
  /** Bytes of the stream that nobody has asked for yet. */
  #rest = Buffer.alloc(0)

  constructor(side: XraySide) {
    this.#side = side
  }

  async connect(): Promise<Message> {
    this.#send(commands.connect, version, maxData, Buffer.from('host::\0'))
    return this.#next()
  }

  async open(service: string): Promise<void> {
    this.#send(commands.open, 1, 0, Buffer.from(`${service}\0`))
    const answer = await this.#next()
    expect(answer.command).toBe(commands.okay)
    this.#remote = answer.arg0
  }

  async write(bytes: Buffer): Promise<void> {
    for (let start = 0; start < bytes.length; start += maxData) {
      this.#send(commands.write, 1, this.#remote, bytes.subarray(start, start + maxData))
      // The answer may come behind what the device says meanwhile.
      for (;;) {
        const message = await this.#next()
        if (message.command === commands.okay) break
        this.#take(message)
      }
    }
  }

  async exactly(length: number): Promise<Buffer> {
    while (this.#rest.length < length) this.#take(await this.#next())
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    return bytes
  }

  /** Reads until this has come. */
  async until(text: string): Promise<void> {
    while (!this.#rest.includes(text)) this.#take(await this.#next())
  }

  /** All until the device closes the stream. */
  async toEnd(): Promise<Buffer> {
    for (;;) {
      const message = await this.#next()
      if (message.command === commands.close) break
      this.#take(message)
    }
    this.#send(commands.close, 1, this.#remote, Buffer.alloc(0))
    const bytes = this.#rest
    this.#rest = Buffer.alloc(0)
    return bytes
  }

  close(): void {
    // It drops TCP without a word.
    this.#side.vanish()
  }

  #take({ command, payload }: Message): void {
    expect(command).toBe(commands.write)
    expect(payload.length).toBeLessThanOrEqual(maxData)
    this.#rest = Buffer.concat([this.#rest, payload])
    this.#send(commands.okay, 1, this.#remote, Buffer.alloc(0))
  }

  #send(command: number, arg0: number, arg1: number, payload: Buffer): void {
    const bytes = encodeMessage({ command, arg0, arg1, payload }, true)
    // It sends the header and the payload apart, and empty frames.
    this.#side.send(bytes.subarray(0, 24))
    this.#side.send(bytes.subarray(24))
  }

  async #next(): Promise<Message> {
    await eventually(
      () => {
        const bytes = this.#side.bytes()
        if (bytes.length > this.#read) this.#messages.push(...this.#reader.read(bytes.subarray(this.#read)))
        this.#read = bytes.length
        expect(this.#messages.length).toBeGreaterThan(0)
      },
      { interval: 1 },
    )
    const message = this.#messages.shift()
    if (!message) throw new Error('there is no message')
    return message
  }
}

const length = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
const request = (id: string, argument: string) =>
  Buffer.concat([Buffer.from(id), length(Buffer.byteLength(argument)), Buffer.from(argument)])

test('shell, and a second one in a session of its own, is answered byte by byte', async () => {
  for (const word of ['first', 'second']) {
    const client = await openHost()
    await client.open(`shell:echo ${word}; head -c 10000 /dev/zero`)
    expect((await client.toEnd()).equals(Buffer.concat([Buffer.from(`${word}\n`), Buffer.alloc(10_000)]))).toBe(true)
    client.close()
  }
})

test('a shell of its own is typed into, and ends with the session', async () => {
  const client = await openHost()
  await client.open('shell:')
  await client.write(Buffer.from(`echo $((40+2))-here; echo $$ > ${folder}/shell; exec sleep 300\n`))
  await client.until('42-here')
  const pid = await eventually(async () => {
    const text = await readFile(join(folder, 'shell'), 'utf8')
    expect(text).toMatch(/^\d+\n$/)
    return Number(text)
  })
  await endSession()
  await expect.poll(() => isRunning(pid)).toBe(false)
})

const isRunning = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('push with its mode, stat and pull are those of the sync protocol', async () => {
  const bytes = randomBytes(30_000)
  const path = join(folder, 'pushed')
  const client = await openHost()
  await client.open('sync:')
  await client.write(request('SEND', `${path},33272`))
  for (let start = 0; start < bytes.length; start += maxDataOfSync) {
    const piece = bytes.subarray(start, start + maxDataOfSync)
    await client.write(Buffer.concat([Buffer.from('DATA'), length(piece.length), piece]))
  }
  await client.write(Buffer.concat([Buffer.from('DONE'), length(1_700_000_000)]))
  expect((await client.exactly(8)).equals(Buffer.concat([Buffer.from('OKAY'), length(0)]))).toBe(true)
  expect((await readFile(path)).equals(bytes)).toBe(true)

  await client.write(request('STAT', path))
  const state = await client.exactly(16)
  expect([
    state.toString('latin1', 0, 4),
    state.readUInt32LE(4),
    state.readUInt32LE(8),
    state.readUInt32LE(12),
  ]).toEqual([...['STAT', 33272, bytes.length, 1_700_000_000]])
  await client.write(request('STAT', `${path}-not`))
  expect((await client.exactly(16)).subarray(4).equals(Buffer.alloc(12))).toBe(true)

  await client.write(request('RECV', path))
  const parts: Buffer[] = []
  for (;;) {
    const header = await client.exactly(8)
    if (header.toString('latin1', 0, 4) === 'DONE') break
    parts.push(await client.exactly(header.readUInt32LE(4)))
  }
  expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  await client.write(request('RECV', `${path}-not`))
  const failed = await client.exactly(8)
  expect(failed.toString('latin1', 0, 4)).toBe('FAIL')
  expect((await client.exactly(failed.readUInt32LE(4))).toString()).toContain('ENOENT')
  await client.write(request('QUIT', ''))
  client.close()
})

/** Runs a line as `mason xray` does, in a session of its own. */
async function simulatedLine(line: string): Promise<Buffer> {
  const client = await openSimulated()
  await client.open(`shell:${line}`)
  const said = await client.toEnd()
  client.close()
  return said
}

test('install, screencap, bugreport and logcat are lines of a shell, whose answers come byte by byte', async () => {
  expect((await simulatedLine('pm install /data/local/tmp/app.apk')).toString()).toBe('Success\n')
  const picture = await simulatedLine('/system/bin/screencap -p')
  expect(picture.subarray(0, 8).toString('latin1')).toBe('\x89PNG\r\n\x1a\n')
  expect(picture.subarray(-8, -4).toString('latin1')).toBe('IEND')
  expect((await simulatedLine('/system/bin/bugreportz')).toString()).toBe('OK:/bugreports/bugreport.zip\n')
  expect((await simulatedLine('logcat -d')).toString()).toContain('ActivityManager')
  expect((await simulatedLine('/system/bin/nothing')).toString()).toMatch(/not found/)

  const client = await openSimulated()
  await client.open('shell:logcat')
  await client.until('Heartbeat')
  client.close()
})
