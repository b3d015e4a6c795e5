import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { createApiKey, getApiKey } from '@mason/contract/apikey'
import { getDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { notifyDevice } from '@mason/contract/notification'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'
import { eventually } from '../../test/eventually.ts'
import { newDevice } from '../../test/factories.ts'
import { type Platform, startPlatform } from '../../test/harness.ts'
import { connectDevice } from '../../test/mqtt-device.ts'
import { openNetwork } from '../../test/silent-network.ts'
import { newUser } from '../../test/users.ts'
import { Background } from './background.ts'
import { startPeriodicJobs } from './jobs/periodic.ts'

interface Line {
  level: number
  loop?: string
  err?: { message: string }
  failures?: number
}
const [info, error] = [30, 50]

/** What a log was told, line by line. */
function keepLog() {
  const lines: Line[] = []
  const log = pino({ level: 'info' }, { write: (text: string) => lines.push(JSON.parse(text)) })
  const of = (loop: string, level: number) => lines.filter((line) => line.loop === loop && line.level === level)
  return { log, lines, of }
}

describe('work in the background', () => {
  test('is logged when it begins to fail and when that is over, and each failure is counted', async () => {
    const { log, lines } = keepLog()
    const background = new Background(log)
    const loop = background.loop('a')
    const fail = () => Promise.reject(new Error('no'))
    const failures = async () =>
      (await background.failures.get()).values.map(({ labels, value }) => [labels.loop, value])
    expect(await failures()).toEqual([['a', 0]])
    for (let outage = 1; outage <= 2; outage++) {
      expect(await loop.run(async () => {})).toBe(true)
      for (let failure = 0; failure < 3; failure++) expect(await background.loop('a').run(fail)).toBe(false)
      expect(await failures()).toEqual([['a', outage * 3]])
      await loop.run(async () => {})
    }
    expect(lines.map(({ level, loop, failures, err }) => [level, loop, failures ?? err?.message])).toEqual([
      [error, 'a', 'no'],
      [info, 'a', 3],
      [error, 'a', 'no'],
      [info, 'a', 3],
    ])
  })

  test('that is repeated is never done twice at once, and not after its end', async () => {
    const background = new Background(keepLog().log)
    const { promise, resolve } = Promise.withResolvers<void>()
    const work = vi.fn(() => promise)
    const repeated = background.every('a', 1, work)
    const first = repeated.turn()
    expect(repeated.turn()).toBe(first)
    const stopped = repeated.stop()
    resolve()
    await stopped
    expect(work).toHaveBeenCalledTimes(1)
  })
})

describe('an outage of the database', () => {
  const { log, lines, of } = keepLog()
  let network: Awaited<ReturnType<typeof openNetwork>>
  let platform: Platform
  let jobs: { stop(): Promise<void> }
  beforeAll(async () => {
    network = await openNetwork(inject('postgres'))
    platform = await startPlatform(
      {},
      { areJobsRunning: false, route: (server) => ({ ...server, ...network.address }), newLog: () => log },
    )
    const oftener = platform.jobs.map((job) => ({ ...job, everyMs: 100 }))
    jobs = startPeriodicJobs(platform.database, oftener, platform.background)
  })
  afterAll(async () => {
    await jobs.stop()
    await platform.stop()
    network.close()
  })

  /** Needs no database, is done only for a job or a command, or says what fails in its warnings. */
  const spared = (name: string) =>
    ['sweep-inbox', 'node-warnings', 'mqtt-commands', ...taskNames, ...ofNobody].includes(name)
  /** Ask the database only for agents and sessions that are here, and none is. */
  const ofNobody = [
    'agent-commands',
    'agent-presence',
    'agent-look',
    'agent-reconcile',
    'agent-repeat',
    'xray-records',
    'xray-recordings',
    'xray-renew',
  ]
  const taskNames = ['carry-out-sims', 'export', 'build', 'advance-deployment', 'forgotten-password', 'send-mail']
  const turnAll = () => Promise.all([...platform.background.repeated.values()].map((repeated) => repeated.turn()))
  const failuresOf = async () => {
    const { values } = await platform.background.failures.get()
    return new Map(values.map(({ labels, value }) => [String(labels.loop), value]))
  }

  test('is logged once by each loop, counted, and nothing is lost', async () => {
    const account = await platform.newAccount({ isOperator: true })
    const { data } = await account.call(createApiKey, { name: 'used', scopes: ['fleet:read'] })
    const { id: keyId = '', key = '' } = data[0] ?? {}
    const { browser } = await newUser(platform, account)
    const [leaving, staying] = [await newDevice(platform, account), await newDevice(platform, account)]
    const url = `mqtt://127.0.0.1:${platform.mqttPort}`
    const [gone, here] = [await connectDevice(url, leaving), await connectDevice(url, staying)]
    const stream = await platform.fetch('/v1/default/event/stream', { key })
    const { id: command } = (await account.call(notifyDevice, { id: staying.id, type: 'refresh' })).data[0] ?? {}
    expect((await here.next()).id).toBe(command)
    await turnAll()
    // From here on only the turns of this test write what was used: by their own they might before the cut.
    for (const [name, repeated] of platform.background.repeated)
      if (name.startsWith('last-used-')) await repeated.stop()
    expect((await platform.fetch('/v1/default/group', { key })).status).toBe(200)
    expect((await browser.get('/v1/default/group')).status).toBe(200)

    network.cut()
    await gone.vanish()
    const taken = here.checkIn({ partial: true, battery: { level: '31' } })
    await eventually(async () => {
      await turnAll()
      const failures = await failuresOf()
      const unbroken = platform.background.names.filter((name) => !spared(name) && !failures.get(name))
      expect(unbroken).toEqual([])
    })

    network.restore()
    await taken
    const isOver = (name: string) => spared(name) || of(name, error).length === of(name, info).length
    await eventually(async () => {
      await turnAll()
      expect(platform.background.names.filter((name) => !isOver(name))).toEqual([])
    })
    const failures = await failuresOf()
    for (const name of platform.background.names.filter((name) => !spared(name))) {
      expect(of(name, error), name).toHaveLength(1)
      expect(failures.get(name), name).toBe(of(name, info)[0]?.failures)
    }
    const metrics = await (await platform.fetch('/metrics', { key: account.key })).text()
    expect(metrics).toContain(
      `mason_background_failures_total{loop="ended-credentials"} ${failures.get('ended-credentials')}`,
    )

    expect((await account.call(getDevice, { id: staying.id })).data[0]?.battery?.level).toBe('31')
    expect((await account.call(getApiKey, { id: keyId })).data[0]?.lastUsedAt).toBeDefined()
    await eventually(async () => {
      const events = (await account.call(listEvents, { device: leaving.id, type: 'device.offline' })).data
      expect(events).toHaveLength(1)
    })
    expect(here.client.connected).toBe(true)
    await stream.body?.cancel()
    await here.client.endAsync(true)
    expect(lines.filter(({ level }) => level > error)).toEqual([])
  })
})

/** Where a failure is dropped without a word, or a timer runs outside of the helper, each with its reason. */
const allowed: Record<string, string> = {
  'core/background.ts': 'the helper itself',
  'commands.ts': 'a reload before the start has ended: the start says why it failed',
  'core/connection/transfers.ts': 'looks at what is in memory',
  'core/http/metrics.ts': 'looks at how late it is itself',
  'core/backup/write-archive.ts': 'awaited later',
  'core/backup/read-archive.ts': 'awaited later',
  'core/backup/load.ts': 'awaited later',
  'core/backup/streams.ts': 'what failed before is said',
  'core/backup/restore.ts': 'what failed before is said',
  'core/backup/keep-files.ts': 'a folder that is not empty stays',
  'core/peers/nats.ts': 'pauses that the stop cuts short; the end of the connection is told elsewhere',
  'access/share-spendings.ts': 'looks at what is in memory',
  'core/db/embedded.ts': 'the goodbye of a connection that is dead',
  'core/db/watch.ts': 'pauses that the stop cuts short',
  'outward/event/stream.ts': 'heartbeats, and looks that the helper sees through',
  'core/jobs/queue.ts': 'pauses that the stop cuts short; what stops has stopped already',
  'channel/mqtt/gateway.ts': 'keep-alives in memory',
  'channel/xray/live-session.ts': 'signs of life; a session whose user cannot be asked about goes on for the moment',
  'channel/xray/pipe.ts': 'signs of life',
  'channel/xray/recording/recorder.ts': 'writes through the helper',
  'channel/mdmesh/wake.ts': 'signs of life',
  'channel/headwind/polls.ts': 'looks at what is in memory',
  'channel/mqtt/work.ts': 'pauses that the stop cuts short',
  'channel/mqtt/receive.ts': 'whoever waits for the message is told',
  'core/outbound/resolve.ts': 'whoever asked for the name is told',
  'core/storage/silent.ts': 'a limit that no longer counts',
  'connectivity/carrier/pace.ts': 'whoever waits for the turn is told',
  'connectivity/usage/ingest.ts': 'awaited later',
}

test('no error of the background is dropped, and no timer runs, but by the one helper', async () => {
  const folder = path.resolve(import.meta.dirname, '..')
  const files = (await readdir(folder, { recursive: true })).filter(
    (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
  )
  const dropped =
    /\.catch\(\(\) => \{\}\)|\.then\([^;]*,\s*\(\) => \{\},?\s*\)|catch(?: \(\w+\))? \{\s*\}|\bsetInterval\(/
  const suspects: string[] = []
  for (const name of files)
    if (!(name in allowed) && dropped.test(await readFile(path.join(folder, name), 'utf8'))) suspects.push(name)
  expect(suspects, 'background.ts sees such failures through, or `allowed` says why not').toEqual([])
})
