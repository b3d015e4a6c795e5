import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deleteDevice, getDevice, listDevices } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import {
  getBatch,
  getNotification,
  type NotificationState,
  type NotificationType,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import { afterEach, expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { type TestAccount, usePlatform } from '../../server/test/harness.ts'
import { readCredential } from '../src/credential/credential.ts'
import { openExchange } from '../src/http/exchange.ts'
import { families } from '../src/simulate/device/families.ts'
import { type FaultShares, noFaults } from '../src/simulate/device/faults.ts'
import { Statistics } from '../src/simulate/progress/statistics.ts'
import { wallClock } from '../src/simulate/schedule/clock.ts'
import { simulate } from '../src/simulate/simulate.ts'
import { runProgram } from './host-agent.ts'
import { startProxy } from './proxy.ts'
import { startAgent } from './start-agent.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const _patience = { timeout: 20_000, interval: 50 }
const platform = usePlatform({ CHECKIN_SECONDS: '1' })
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

async function tokenOf(account: TestAccount): Promise<string> {
  const { data } = await account.call(createEnrollment, {})
  return data[0]?.token ?? ''
}

async function notify(account: TestAccount, id: string, type: NotificationType): Promise<string> {
  const { data } = await account.call(notifyDevice, { id, type })
  return data[0]?.id ?? ''
}

const waitForState = (account: TestAccount, id: string, state: NotificationState) =>
  eventually(async () => {
    const { data } = await account.call(getNotification, { id })
    expect(data[0]).toMatchObject({ state })
    return data[0]
  })

/** A host that is enrolled, with hooks that leave a line, and the means to run its agent. */
async function newHost(account: TestAccount, then: (directory: string) => string = () => '') {
  const directory = await temporaryDirectory()
  cleanUps.push(() => directory[Symbol.asyncDispose]())
  const state = join(directory.path, 'credential.json')
  const file = join(directory.path, 'hooks')
  const token = await tokenOf(account)
  const enrolling = ['enroll', '--server', platform.url, '--token', token, '--serial', `S-${token.slice(-8)}`]
  expect(await runProgram([...enrolling, '--state', state]).ended).toBe(0)
  const { id, mqtt } = await readCredential(state)
  expect(mqtt?.url).toMatch(/^ws:.*\/mqtt$/)

  const hook = `echo "$MASON_NOTIFICATION_TYPE" >> '${file}'${then(directory.path)}`
  const hooks = ['application', 'check', 'reboot'].flatMap((type) => [`--on-${type}`, hook])
  return {
    id,
    directory: directory.path,
    hookRuns: async () => (await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean),
    run: () => {
      const program = runProgram(['run', '--state', state, ...hooks])
      cleanUps.unshift(() => program.end('SIGKILL'))
      return program
    },
  }
}

test('a host connects over WebSocket and carries out what it has hooks for', async () => {
  const account = await platform.newAccount()
  const host = await newHost(account)
  const agent = host.run()
  await eventually(() => expect(agent.output()).toContain('connected over MQTT'))

  for (const type of ['application', 'check', 'refresh'] as const) {
    await waitForState(account, await notify(account, host.id, type), 'succeeded')
  }
  // This host only says that it reboots: its boot id stays.
  await waitForState(account, await notify(account, host.id, 'reboot'), 'acknowledged')
  const shutdown = await waitForState(account, await notify(account, host.id, 'shutdown'), 'failed')
  expect(shutdown?.reason).toBe('not_supported')
  await eventually(async () => expect(await host.hookRuns()).toEqual(['application', 'check', 'reboot']))

  expect(await agent.end()).toBe(0)
  await eventually(async () => {
    expect((await account.call(getDevice, { id: host.id })).data[0]?.online).toBe(false)
  })
})

test('an agent that is killed in the middle of a hook does not run it again', async () => {
  const account = await platform.newAccount()
  const host = await newHost(account, (directory) => `; while [ -d '${directory}' ]; do sleep 0.05 || exit; done`)
  const first = host.run()
  const id = await notify(account, host.id, 'application')
  await eventually(async () => expect(await host.hookRuns()).toEqual(['application']))
  await first.end('SIGKILL')

  const second = host.run()
  expect((await waitForState(account, id, 'failed'))?.reason).toBe('interrupted')
  await waitForState(account, await notify(account, host.id, 'refresh'), 'succeeded')
  expect(await host.hookRuns()).toEqual(['application'])
  await second.end()
})

test('commands reach a host over HTTP while MQTT is down, and over MQTT again afterwards', async () => {
  const account = await platform.newAccount()
  const { id, secret } = await newDevice(platform, account)
  await using proxy = await startProxy(platform.mqttPort)
  await using directory = await temporaryDirectory()
  const credential = {
    server: platform.url,
    id,
    secret,
    checkinSeconds: 1,
    mqtt: { url: `mqtt://127.0.0.1:${proxy.port}` },
  }
  const agent = await startAgent(directory.path, credential)
  await eventually(() => expect(agent.lines).toContain('connected over MQTT'))
  await waitForState(account, await notify(account, id, 'refresh'), 'succeeded')

  await proxy.part()
  await waitForState(account, await notify(account, id, 'refresh'), 'succeeded')
  expect(proxy.isInUse()).toBe(false)

  await proxy.join()
  await eventually(() => expect(agent.lines.filter((line) => line === 'connected over MQTT')).toHaveLength(2))
  await waitForState(account, await notify(account, id, 'refresh'), 'succeeded')
  await agent.stop()
})

test('a host that is de-provisioned ends with exit status 3', async () => {
  const account = await platform.newAccount()
  const host = await newHost(account)
  const agent = host.run()
  await eventually(() => expect(agent.output()).toContain('checked in'))
  await account.call(deleteDevice, { id: host.id })
  expect(await agent.ended).toBe(3)
})

/** Lets a fleet live while the work is done. */
async function withFleet(account: TestAccount, faults: Partial<FaultShares>, work: () => Promise<void>) {
  const devices = 10
  const stop = new AbortController()
  const statistics = new Statistics(devices)
  const exchange = openExchange(platform.url, { connections: 8 })
  const options = {
    server: platform.url,
    token: await tokenOf(account),
    devices,
    families: [families[0]] as const,
    seed: 1,
    interval: 5,
    concurrency: 8,
    transport: 'auto' as const,
    bootSeconds: 0.1,
    faults: { ...noFaults, ...faults },
  }
  const ended = simulate(options, { exchange, statistics, clock: wallClock, random: Math.random, signal: stop.signal })
  try {
    await eventually(() => expect(statistics.connected).toBe(devices))
    await work()
  } finally {
    stop.abort()
    await ended
    await exchange.close()
  }
  return statistics
}

/** Sends a command to all devices and waits until they are in these states. */
async function commandAll(
  account: TestAccount,
  type: NotificationType,
  states: Partial<Record<NotificationState, number>>,
) {
  const target = { filter: {} }
  const { data } = await account.call(notifyDevices, { type, target, confirm: type, expect: 10 })
  const batch = data[0]
  if (!batch || !('id' in batch)) throw new Error('no batch')
  await eventually(async () => {
    expect((await account.call(getBatch, { id: batch.id })).data[0]?.states).toEqual(states)
  })
}

test('a simulated fleet carries out every command', async () => {
  const account = await platform.newAccount()
  const statistics = await withFleet(account, {}, async () => {
    const types = ['refresh', 'check', 'application', 'reboot', 'shutdown', 'wipe', 'refurbish'] as const
    for (const type of types) {
      await commandAll(account, type, { succeeded: 10 })
      const { data } = await account.call(listDevices, {})
      expect(data).toHaveLength(type === 'refurbish' ? 0 : 10)
    }
  })
  expect(statistics.commands).toEqual({ acknowledged: 70, failed: 0, dropped: 0 })
})

test('a simulated fleet with faults', async () => {
  const account = await platform.newAccount()
  await withFleet(account, { reject: 1 }, () => commandAll(account, 'application', { failed: 10 }))
  const stubborn = await platform.newAccount()
  await withFleet(stubborn, { rebootForever: 1 }, () => commandAll(stubborn, 'reboot', { acknowledged: 10 }))
  const shaky = await platform.newAccount()
  await withFleet(shaky, { flap: 1 }, () => commandAll(shaky, 'application', { succeeded: 10 }))
})
