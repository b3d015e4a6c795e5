import { createHash, randomBytes } from 'node:crypto'
import { readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { DesiredState } from '@mason/contract/deployment'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../server/test/eventually.ts'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import { runLine } from '../command/hook.ts'
import { Deployer } from './deployer.ts'

const bytes = randomBytes(300_000)
const sha256 = createHash('sha256').update(bytes).digest('hex')
const authorization = 'Basic abc'

let directory: Awaited<ReturnType<typeof temporaryDirectory>>
/** What was asked for, as `range` or `whole`. */
let asked: string[]
/** Answers that end after so many bytes. */
let breaks: number[]
let content: Buffer
const serve = (request: IncomingMessage, response: ServerResponse) => {
  asked.push(request.headers.range ?? 'whole')
  if (request.headers.authorization !== authorization) return response.writeHead(401).end()
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
  const part = content.subarray(start)
  const limit = breaks.shift()
  return response.writeHead(start > 0 ? 206 : 200).end(part.subarray(0, limit))
}
const server = createServer(serve)
beforeEach(async () => {
  directory = await temporaryDirectory()
  asked = []
  breaks = []
  content = bytes
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  await directory[Symbol.asyncDispose]()
})
const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`

interface Setting {
  hook?: string
  isHookless?: boolean
  clock?: { now: () => number; delay: (ms: number, signal: AbortSignal) => Promise<void> }
}

const noted = () => join(directory.path, 'noted')
const note = `echo "$MASON_DEPLOYMENT_TYPE $MASON_DEPLOYMENT_NAME $MASON_DEPLOYMENT_VERSION" >> "$NOTED"; test -z "$MASON_DEPLOYMENT_FILES" || cat "$MASON_DEPLOYMENT_FILES" > "$NOTED.bytes"`

async function open({
  hook = note,
  isHookless = false,
  clock = { now: Date.now, delay: async () => {} },
}: Setting = {}) {
  process.env.NOTED = noted()
  const deployer = await Deployer.open({
    hook: isHookless ? undefined : hook,
    hookTimeoutMs: 10_000,
    runLine,
    path: join(directory.path, 'installed'),
    folder: join(directory.path, 'downloads'),
    delay: clock.delay,
    now: clock.now,
    timezone: () => 'Europe/Paris',
    random: () => 0,
    onOutcome: () => {},
    log: () => {},
    signal: new AbortController().signal,
  })
  deployer.use({ server: origin(), authorization })
  return deployer
}

const app = (version = '12') => ({
  deployment: '0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b11',
  name: 'com.example.till',
  version,
  sha256,
  size: bytes.length,
  url: `${origin()}/content`,
})
const desired = (revision: string, rest: Partial<DesiredState> = {}): DesiredState => ({
  revision,
  apps: [app()],
  ...rest,
})

async function follow(deployer: Deployer, state: DesiredState) {
  deployer.receive(state)
  await deployer.idle()
  return deployer.members()
}

describe('what is deployed', () => {
  test('is downloaded, verified, given to the hook and reported', async () => {
    const deployer = await open()
    expect(await follow(deployer, desired('1'))).toEqual({
      deploymentsRevision: '1',
      outcomes: [{ deployment: app().deployment, state: 'installed' }],
    })
    expect((await readFile(`${noted()}.bytes`)).equals(bytes)).toBe(true)
    expect(deployer.report({ apps: [{ name: 'com.example.till', version: '1' }] }).apps).toEqual([
      { name: 'com.example.till', version: '12' },
    ])
    expect(await readdir(join(directory.path, 'downloads'))).toEqual([])
    const { outcomes } = deployer.members()
    deployer.confirm(outcomes)
    expect(deployer.members()).toEqual({ deploymentsRevision: '1' })
  })

  test('goes on where a download broke off, in a later run too', async () => {
    breaks = [100_000, 50_000]
    expect((await follow(await open(), desired('1'))).outcomes).toMatchObject([{ state: 'installed' }])
    expect(asked).toEqual(['whole', 'bytes=100000-', 'bytes=150000-'])
    expect((await readFile(`${noted()}.bytes`)).equals(bytes)).toBe(true)
  })

  test('is not run when its bytes are others', async () => {
    content = Buffer.alloc(bytes.length)
    const deployer = await open()
    expect((await follow(deployer, desired('1'))).outcomes).toMatchObject([
      { state: 'failed', reason: 'checksum_mismatch' },
    ])
    await expect(stat(noted())).rejects.toThrow()
    expect(await readdir(join(directory.path, 'downloads'))).toEqual([])
    content = bytes
    expect((await follow(deployer, desired('2'))).outcomes).toMatchObject([{ state: 'installed' }])
  })

  test('has failed without a hook, with one that fails, and where nothing can be had', async () => {
    const reasonOf = async (deployer: Deployer) => (await follow(deployer, desired('1'))).outcomes?.[0]?.reason
    expect(await reasonOf(await open({ isHookless: true }))).toBe('not_supported')
    expect(await reasonOf(await open({ hook: 'exit 4' }))).toBe('hook_failed: exit 4')
    breaks = Array(20).fill(0)
    await rm(join(directory.path, 'downloads'), { recursive: true })
    expect(await reasonOf(await open({ hook: 'exit 0' }))).toMatch(/^download_failed/)
  })

  test('with a window is downloaded ahead, and installed inside it without a connection', async () => {
    let nowMs = Date.parse('2026-11-27T20:59:00Z')
    let isOnline = true
    const clock = {
      now: () => nowMs,
      delay: async (ms: number) => {
        if (isOnline) {
          server.closeAllConnections()
          await new Promise<void>((resolve) => server.close(() => resolve()))
        }
        isOnline = false
        nowMs += ms
      },
    }
    const deployer = await open({ clock })
    const window = { from: '22:00', to: '05:00', timezone: 'device' }
    const assigned = app()
    deployer.receive(desired('1', { apps: [{ ...assigned, window }] }))
    await eventually(async () => {
      await deployer.idle()
      expect(deployer.members().outcomes).toEqual([{ deployment: assigned.deployment, state: 'installed' }])
    })
    expect(nowMs).toBe(Date.parse('2026-11-27T21:00:00Z'))
    expect(asked).toEqual(['whole'])
    expect(isOnline).toBe(false)
  })

  test('is not tried again and again, once it has failed, while something else waits for its window', async () => {
    let nowMs = Date.parse('2026-11-27T20:30:00Z')
    const clock = {
      now: () => nowMs,
      delay: async (ms: number) => {
        nowMs += ms
      },
    }
    const deployer = await open({ clock, hook: `echo "$MASON_DEPLOYMENT_NAME" >> "$NOTED"; exit 4` })
    const window = { from: '22:00', to: '05:00', timezone: 'device' }
    const later = { ...app(), name: 'com.example.menu', deployment: '0199f3a2-7c1e-7b6a-9d55-2f6a1c0e8b12', window }
    deployer.receive(desired('1', { apps: [app(), later] }))
    await eventually(async () => {
      await deployer.idle()
      expect(deployer.members().outcomes).toHaveLength(2)
    })
    expect(nowMs).toBe(Date.parse('2026-11-27T21:00:00Z'))
    expect(await readFile(noted(), 'utf8')).toBe('com.example.till\ncom.example.menu\n')
  })

  test('is installed once, whatever else changes and however often the agent starts', async () => {
    const first = await open()
    await follow(first, desired('1'))
    await follow(first, desired('1'))
    await follow(first, desired('2', { ota: { deployment: app().deployment, version: '9' } }))
    const second = await open()
    await follow(second, desired('2', { ota: { deployment: app().deployment, version: '9' } }))
    const config = { deployment: app().deployment, project: 'shop', version: '3', config: {}, media: [] }
    await follow(second, desired('3', { config }))
    expect((await readFile(noted(), 'utf8')).trim().split('\n')).toEqual([
      'apk com.example.till 12',
      'ota mason-os 9',
      'config shop 3',
    ])
    expect(second.report({ os: { masonOS: { incremental: '7' } } })).toEqual({
      apps: [{ name: 'com.example.till', version: '12' }],
      os: { configuration: { project: 'shop', version: '3' }, masonOS: { incremental: '7', release: '9' } },
    })
  })
})
