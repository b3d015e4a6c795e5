import { join } from 'node:path'
import type { Command } from '@mason/contract/notification'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { fakeClock } from '../../../test/fake-clock.ts'
import { startFakePlatform } from '../../../test/fake-platform.ts'
import { temporaryDirectory } from '../../../test/temporary-directory.ts'
import { type Exchange, openExchange } from '../../http/exchange.ts'
import { families } from '../device/families.ts'
import { noFaults } from '../device/faults.ts'
import { readFleetFile } from '../fleet/fleet-file.ts'
import { Statistics } from '../progress/statistics.ts'
import { type SimulateOptions, simulate } from '../simulate.ts'

let platform: Awaited<ReturnType<typeof startFakePlatform>>
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let exchange: Exchange
beforeEach(async () => {
  platform = await startFakePlatform()
  platform.settings.mqtt = { url: platform.broker.url }
  directory = await temporaryDirectory()
  exchange = openExchange(platform.url, { connections: 4 })
})
afterEach(async () => {
  await exchange.close()
  await platform[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

const startMs = Date.parse('2026-11-02T09:30:00Z')
const stateFile = () => join(directory.path, 'fleet.json')

async function run(overrides: Partial<SimulateOptions> = {}, clock = fakeClock(startMs)) {
  const options: SimulateOptions = {
    server: platform.url,
    token: platform.token,
    devices: 1,
    families,
    seed: 1,
    interval: 20,
    duration: 60,
    concurrency: 4,
    transport: 'auto',
    bootSeconds: 2,
    faults: noFaults,
    state: stateFile(),
    ...overrides,
  }
  const statistics = new Statistics(options.devices)
  await simulate(options, { exchange, clock, statistics, random: () => 0.5, signal: new AbortController().signal })
  return statistics
}

/** Enrolls a device, so that a command waits when it connects. */
async function enrollOne(): Promise<string> {
  await run({ duration: 0.001 })
  for (const list of [platform.checkins, platform.mqttCheckins, platform.broker.logins]) list.length = 0
  const [credential] = platform.credentials.values()
  if (!credential) throw new Error('nothing was enrolled')
  return credential.id
}

const outcomes = () => platform.outcomes.map(({ device: _, ...outcome }) => outcome)
const bodies = () => [...platform.mqttCheckins, ...platform.checkins].map(({ body }) => body)
const bootIds = () => new Set(bodies().flatMap(({ bootId }) => bootId ?? []))
const acknowledged = ({ id }: Command) => ({ id, state: 'acknowledged' })

test('connects, subscribes, checks in over MQTT, and says goodbye', async () => {
  const statistics = await run({ devices: 20 })
  expect(platform.enrollments).toHaveLength(20)
  expect(new Set(platform.broker.logins).size).toBe(20)
  expect(platform.broker.logins).toHaveLength(20)
  expect(platform.checkins).toEqual([])
  expect(statistics).toMatchObject({
    errors: 0,
    checkIns: platform.mqttCheckins.length,
    connected: 0,
    mostConnected: 20,
  })
  for (const { id } of platform.credentials.values()) {
    const [first, ...rest] = platform.mqttCheckins.filter((one) => one.id === id).map(({ body }) => body)
    expect(first?.partial).toBeUndefined()
    expect(rest.length).toBeGreaterThanOrEqual(2)
    expect(rest.every(({ partial }) => partial)).toBe(true)
  }
})

test('with --transport http it never connects', async () => {
  await run({ transport: 'http' })
  expect(platform.broker.logins).toEqual([])
  expect(platform.checkins.length).toBeGreaterThanOrEqual(2)
})

describe.each(['mqtt', 'http'] as const)('over %s', (transport) => {
  test.each(['refresh', 'check', 'application'] as const)('%s is acknowledged once', async (type) => {
    const command = platform.command(await enrollOne(), type)
    const statistics = await run({ transport })
    expect(outcomes()).toEqual([acknowledged(command)])
    expect(statistics).toMatchObject({ errors: 0, commands: { acknowledged: 1, failed: 0, dropped: 0 } })
  })

  test('refresh brings another whole check-in', async () => {
    platform.command(await enrollOne(), 'refresh')
    await run({ transport })
    expect(bodies().filter(({ partial }) => !partial)).toHaveLength(2)
  })

  test('check brings the time of a look for updates', async () => {
    platform.command(await enrollOne(), 'check')
    await run({ transport })
    const times = bodies().flatMap(({ updateCheckedAt }) => updateCheckedAt ?? [])
    expect(times.some((time) => Date.parse(time) >= startMs)).toBe(true)
  })

  test.each(['reboot', 'shutdown'] as const)('%s: it comes back with another boot id', async (type) => {
    const command = platform.command(await enrollOne(), type)
    await run({ transport })
    expect(outcomes()).toEqual([acknowledged(command)])
    expect(bootIds().size).toBe(2)
    if (transport === 'mqtt') expect(platform.broker.logins).toHaveLength(2)
  })

  test('wipe: it enrolls again, and a later run goes on with the new credential', async () => {
    const command = platform.command(await enrollOne(), 'wipe')
    const statistics = await run({ transport })
    expect(outcomes()).toEqual([acknowledged(command)])
    expect(platform.enrollments).toHaveLength(2)
    expect(bodies().some(({ resetAt }) => resetAt !== undefined)).toBe(true)
    expect(statistics.errors).toBe(0)
    expect((await run({ transport })).errors).toBe(0)
    expect(platform.enrollments).toHaveLength(2)
  })

  test('refurbish: its credential dies, and it is silent for good', async () => {
    const command = platform.command(await enrollOne(), 'refurbish')
    platform.watch.outcome = () => {
      platform.credentials.clear()
      platform.broker.cut()
    }
    await run({ transport })
    expect(outcomes()).toEqual([acknowledged(command)])
    expect((await readFleetFile(stateFile(), platform.url)).size).toBe(0)
  })

  test('an expired command is not carried out', async () => {
    const { id } = platform.command(await enrollOne(), 'reboot', { expiresAt: '2026-01-02T00:00:00.000Z' })
    await run({ transport })
    expect(outcomes()).toEqual([{ id, state: 'failed', reason: 'expired' }])
    expect(bootIds().size).toBe(1)
  })

  describe('with faults', () => {
    test('--drop never answers', async () => {
      platform.command(await enrollOne(), 'application')
      const statistics = await run({ transport, faults: { ...noFaults, drop: 1 } })
      expect(outcomes()).toEqual([])
      expect(statistics.commands).toEqual({ acknowledged: 0, failed: 0, dropped: 1 })
    })

    test('--slow answers in the end', async () => {
      const command = platform.command(await enrollOne(), 'application')
      expect((await run({ transport, duration: 4, faults: { ...noFaults, slow: 1 } })).checkIns).toBeGreaterThan(0)
      expect(outcomes()).toEqual([])
      await run({ transport, faults: { ...noFaults, slow: 1 } })
      expect(outcomes()).toContainEqual(acknowledged(command))
    })

    test('--reject refuses', async () => {
      const { id } = platform.command(await enrollOne(), 'reboot')
      const statistics = await run({ transport, faults: { ...noFaults, reject: 1 } })
      expect(outcomes()).toEqual([{ id, state: 'failed', reason: 'rejected' }])
      expect(statistics.commands.failed).toBe(1)
      expect(bootIds().size).toBe(1)
    })

    test('--reboot-forever comes back as it was', async () => {
      const command = platform.command(await enrollOne(), 'reboot')
      await run({ transport, faults: { ...noFaults, rebootForever: 1 } })
      expect(outcomes()).toEqual([acknowledged(command)])
      expect(bootIds().size).toBe(1)
      expect(bodies().filter(({ partial }) => !partial)).toHaveLength(2)
    })
  })
})

test('--flap loses its connection again and again, and carries out commands all the same', async () => {
  const command = platform.command(await enrollOne(), 'application')
  const statistics = await run({ faults: { ...noFaults, flap: 1 } })
  expect(platform.broker.logins.length).toBeGreaterThan(4)
  expect(outcomes()).toContainEqual(acknowledged(command))
  expect(statistics.errors).toBe(0)
})

test('without a broker it checks in over HTTP and takes commands there', async () => {
  const command = platform.command(await enrollOne(), 'application')
  await platform.broker.stop()
  await run()
  expect(platform.checkins.length).toBeGreaterThanOrEqual(2)
  expect(outcomes()).toEqual([acknowledged(command)])
})

test('with --transport mqtt it waits for the broker', async () => {
  await enrollOne()
  await platform.broker.stop()
  expect((await run({ transport: 'mqtt' })).checkIns).toBe(0)
  expect(platform.checkins).toEqual([])
})

test('goes back to MQTT when the broker does', async () => {
  await enrollOne()
  await platform.broker.stop()
  const clock = fakeClock(startMs)
  let isBack = false
  const delay: typeof clock.delay = async (ms, signal) => {
    await clock.delay(ms, signal)
    if (isBack || platform.checkins.length === 0) return
    isBack = true
    await platform.broker.start()
  }
  await run({ duration: 180 }, { ...clock, delay })
  expect(platform.checkins.length).toBeGreaterThanOrEqual(1)
  expect(platform.mqttCheckins.length).toBeGreaterThanOrEqual(1)
})

test.each(['auto', 'mqtt'] as const)('a refused credential ends it, with --transport %s', async (transport) => {
  await enrollOne()
  platform.credentials.clear()
  const statistics = await run({ transport })
  expect(statistics.checkIns).toBe(0)
  expect(statistics.errors).toBeLessThanOrEqual(2)
})

test('what nobody acknowledged is said again over the next connection', async () => {
  const command = platform.command(await enrollOne(), 'application')
  platform.broker.settings.isAcknowledging = false
  const clock = fakeClock(startMs)
  const delay: typeof clock.delay = async (ms, signal) => {
    await clock.delay(ms, signal)
    if (platform.broker.settings.isAcknowledging || platform.broker.published.length < 2) return
    platform.broker.settings.isAcknowledging = true
    platform.broker.cut()
  }
  const statistics = await run({ transport: 'mqtt' }, { ...clock, delay })
  expect(outcomes()).toContainEqual(acknowledged(command))
  expect(statistics.commands.acknowledged).toBe(1)
})

describe('a command with a window', () => {
  // The simulated clock begins at 9:30 UTC.
  const window = { from: '09:31', to: '12:00', timezone: 'UTC' }

  test.each(['mqtt', 'http'] as const)('is held until it opens, over %s', async (transport) => {
    const device = await enrollOne()
    const { id } = platform.command(device, 'application', { window })
    await run({ transport, duration: 120 })
    expect(platform.outcomes.filter((outcome) => outcome.id === id).map(({ state }) => state)).toEqual([
      'held',
      'acknowledged',
    ])
    const asked = [...platform.checkins, ...platform.mqttCheckins].map(({ body }) => body.heldNotifications ?? [])
    expect(asked.flat()).toContain(id)
  })
})
