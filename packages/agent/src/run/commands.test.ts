import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Command } from '@mason/contract/notification'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { eventually } from '../../../server/test/eventually.ts'
import { startFakePlatform } from '../../test/fake-platform.ts'
import { startAgent } from '../../test/start-agent.ts'
import { temporaryDirectory } from '../../test/temporary-directory.ts'
import type { Hooks } from '../command/command-runner.ts'
import { CredentialRefused } from './credential-refused.ts'
import type { AgentOptions } from './run-agent.ts'

let platform: Awaited<ReturnType<typeof startFakePlatform>>
let directory: Awaited<ReturnType<typeof temporaryDirectory>>
let agents: Awaited<ReturnType<typeof startAgent>>[]
let device: { id: string; secret: string }
beforeEach(async () => {
  platform = await startFakePlatform()
  directory = await temporaryDirectory()
  agents = []
  device = { id: randomUUID(), secret: randomUUID() }
  platform.credentials.set('S1', device)
})
afterEach(async () => {
  for (const agent of agents) await agent.stop()
  await platform[Symbol.asyncDispose]()
  await directory[Symbol.asyncDispose]()
})

type Transport = 'mqtt' | 'http'

async function begin(transport: Transport, hooks: Hooks = {}, overrides: Partial<AgentOptions> = {}) {
  const mqtt = transport === 'mqtt' ? { mqtt: { url: platform.broker.url } } : {}
  const credential = { server: platform.url, checkinSeconds: 900, ...device, ...mqtt }
  const agent = await startAgent(directory.path, credential, { hooks, ...overrides })
  agents.push(agent)
  return agent
}

async function start(...of: Parameters<typeof begin>) {
  const agent = await begin(...of)
  await eventually(() => expect(agent.lines).toContain('checked in'))
  return agent
}

/** Queues a command; over HTTP the device hears of it with its next check-in, which a restart of the agent makes. */
const sendCommand = (type: Command['type'], rest?: Partial<Command>) => platform.command(device.id, type, rest)
const outcomes = () => platform.outcomes.map(({ device: _, ...outcome }) => outcome)
const hookFile = () => join(directory.path, 'hook')
const hookRuns = async () => (await readFile(hookFile(), 'utf8').catch(() => '')).split('\n').filter(Boolean)
/** A hook that leaves a line. */
const noting = (more = '') => `echo "$MASON_NOTIFICATION_ID" >> '${hookFile()}'${more}`
const allHooks = (more?: string): Hooks => {
  const line = noting(more)
  return { check: line, reboot: line, shutdown: line, wipe: line, application: line, refurbish: line }
}
const types = ['check', 'reboot', 'shutdown', 'wipe', 'application', 'refurbish'] as const

describe.each(['mqtt', 'http'] as const)('over %s', (transport) => {
  /** Runs an agent that meets a command. */
  async function meet(type: Command['type'], hooks: Hooks, rest?: Partial<Command>) {
    const command = sendCommand(type, rest)
    await start(transport, hooks)
    return command
  }

  test.each(types)('%s runs its hook once and is acknowledged', async (type) => {
    const { id } = await meet(type, allHooks())
    await eventually(async () => {
      expect(outcomes()).toEqual([{ id, state: 'acknowledged' }])
      expect(await hookRuns()).toEqual([id])
    })
  })

  test.each(types)('%s whose hook fails, fails', async (type) => {
    const { id } = await meet(type, allHooks('; exit 4'))
    await eventually(() => expect(outcomes().at(-1)).toEqual({ id, state: 'failed', reason: 'hook_failed: exit 4' }))
    const isAcknowledgedFirst = !['check', 'application'].includes(type)
    expect(outcomes().map(({ state }) => state)).toEqual([...(isAcknowledgedFirst ? ['acknowledged'] : []), 'failed'])
    expect(await hookRuns()).toEqual([id])
  })

  test.each(types)('%s without a hook is not supported', async (type) => {
    const { id } = await meet(type, {})
    await eventually(() => expect(outcomes()).toEqual([{ id, state: 'failed', reason: 'not_supported' }]))
  })

  test('refresh needs no hook, and brings a whole check-in', async () => {
    const { id } = await meet('refresh', {})
    const checkins = () => (transport === 'mqtt' ? platform.mqttCheckins : platform.checkins).map(({ body }) => body)
    await eventually(() => {
      expect(outcomes()).toEqual([{ id, state: 'acknowledged' }])
      expect(checkins().filter(({ partial }) => !partial).length).toBeGreaterThanOrEqual(2)
    })
  })

  test('check and wipe bring the time that they were done', async () => {
    sendCommand('check')
    sendCommand('wipe')
    await start(transport, allHooks())
    await eventually(() => {
      const bodies = [...platform.mqttCheckins, ...platform.checkins].map(({ body }) => body)
      expect(bodies.some(({ updateCheckedAt }) => updateCheckedAt !== undefined)).toBe(true)
      expect(bodies.some(({ resetAt }) => resetAt !== undefined)).toBe(true)
    })
  })

  test('an expired command is not run', async () => {
    const { id } = await meet('application', allHooks(), { expiresAt: '2020-01-01T00:00:00.000Z' })
    await eventually(() => expect(outcomes()).toEqual([{ id, state: 'failed', reason: 'expired' }]))
    expect(await hookRuns()).toEqual([])
  })

  test('a repeated command is not run again, in this run of the agent or the next, but answered again', async () => {
    const command = await meet('application', allHooks())
    await eventually(() => expect(outcomes()).toHaveLength(1))
    for (const agent of agents) await agent.stop()
    platform.commands.set(device.id, [command])
    await start(transport, allHooks())
    await eventually(() => expect(outcomes()).toEqual(Array(2).fill({ id: command.id, state: 'acknowledged' })))
    if (transport === 'mqtt') {
      platform.broker.push(device.id, command)
      await eventually(() => expect(outcomes()).toHaveLength(3))
    }
    expect(await hookRuns()).toEqual([command.id])
  })

  test('one that was stopped half-way is not run again, and has failed', async () => {
    const { id } = await meet('application', allHooks('; exec sleep 600'))
    await eventually(async () => expect(await hookRuns()).toEqual([id]))
    for (const agent of agents) await agent.stop()
    await start(transport, allHooks())
    await eventually(() => expect(outcomes()).toContainEqual({ id, state: 'failed', reason: 'interrupted' }))
    expect(await hookRuns()).toEqual([id])
  })

  test('a device whose credential dies as it acknowledges its refurbishment carries it out', async () => {
    const { id } = sendCommand('refurbish')
    platform.watch.outcome = () => {
      platform.credentials.clear()
      platform.broker.cut()
    }
    const agent = await begin(transport, allHooks())
    await eventually(async () => expect(await hookRuns()).toEqual([id]))
    if (transport === 'mqtt') await expect(agent.ended).rejects.toThrow(CredentialRefused)
  })
})

describe('between the transports', () => {
  test('commands come over MQTT as soon as they are given, one after the other', async () => {
    await start('mqtt', allHooks())
    const ids = types.map((type) => sendCommand(type).id)
    // The last one is acknowledged before its hook runs.
    await eventually(async () => {
      expect(outcomes().map(({ id }) => id)).toEqual(ids)
      expect(await hookRuns()).toEqual(ids)
    })
    expect(platform.checkins).toEqual([])
  })

  test('without a broker it checks in over HTTP, and returns to MQTT when there is one', async () => {
    await platform.broker.stop()
    await start('mqtt', allHooks())
    expect(platform.checkins.length).toBeGreaterThanOrEqual(1)
    expect(platform.mqttCheckins).toEqual([])
    await platform.broker.start()
    await eventually(() => expect(platform.mqttCheckins.length).toBeGreaterThanOrEqual(1))
    const { id } = sendCommand('application')
    await eventually(() => expect(outcomes()).toEqual([{ id, state: 'acknowledged' }]))
  })

  test('an outcome that was cut off arrives over HTTP', async () => {
    await start('mqtt')
    platform.broker.settings.isAcknowledging = false
    const { id } = sendCommand('reboot')
    await eventually(() => expect(platform.broker.published).toContain(`devices/${device.id}/notifications/${id}`))
    await platform.broker.stop()
    const notificationStates = [{ id, state: 'failed', reason: 'not_supported' }]
    await eventually(() =>
      expect(platform.checkins.map(({ body }) => body)).toContainEqual(expect.objectContaining({ notificationStates })),
    )
    await platform.broker.start()
  })

  test('a host is not taken down before the platform knows of it', async () => {
    await start('mqtt', allHooks())
    platform.broker.settings.isAcknowledging = false
    const { id } = sendCommand('reboot')
    await eventually(() => expect(platform.broker.published).toContain(`devices/${device.id}/notifications/${id}`))
    expect(await hookRuns()).toEqual([])
    platform.broker.settings.isAcknowledging = true
    platform.broker.cut()
    await eventually(async () => expect(await hookRuns()).toEqual([id]))
  })

  test('a refused credential that HTTP refuses too ends it', async () => {
    const agent = await start('mqtt')
    platform.credentials.clear()
    platform.broker.cut()
    await expect(agent.ended).rejects.toThrow(CredentialRefused)
  })

  test('a hook that enrolls the host again does not end it', async () => {
    const { id } = device
    const fresh = { id, secret: randomUUID() }
    const stored = { server: platform.url, checkinSeconds: 900, mqtt: { url: platform.broker.url } }
    let secret = device.secret
    const runHook = async () => {
      platform.credentials.set('S1', fresh)
      platform.broker.cut()
      await eventually(() => expect(platform.checkins.length + platform.broker.logins.length).toBeGreaterThan(0))
      secret = fresh.secret
      return undefined
    }
    const readCredential = async () => ({ ...stored, id, secret })
    const command = sendCommand('wipe')
    const agent = await start('mqtt', allHooks(), { runHook, readCredential })
    await eventually(() => expect(platform.mqttCheckins.at(-1)?.body.resetAt).toBeDefined())
    expect(outcomes()).toContainEqual({ id: command.id, state: 'acknowledged' })
    await agent.stop()
  })

  test('once carries out what the check-in brings, and reports it', async () => {
    const commands = [sendCommand('reboot'), sendCommand('application'), sendCommand('refresh')]
    const agent = await start('http', allHooks(), { isOnce: true })
    await agent.ended
    expect(outcomes().filter(({ state }) => state === 'acknowledged')).toHaveLength(3)
    expect(await hookRuns()).toEqual(commands.slice(0, 2).map(({ id }) => id))
  })
})

test('a window that it was given before is kept while the platform is away', async () => {
  const opensAtMs = Date.parse('2026-11-27T21:00:00Z')
  let nowMs = opensAtMs - 3_600_000
  let [isAway, startedAtMs] = [false, 0]
  const window = { from: '22:00', to: '05:00', timezone: 'device' }
  const { id } = sendCommand('application', { window })
  await begin('http', allHooks(), {
    readReport: async () => ({ bootId: 'boot-1', timezone: 'Europe/Paris' }),
    now: () => nowMs,
    // Time stands still while the platform is there, and flies once it is away.
    delay: async (ms, signal) => {
      while (!isAway) await setTimeout(5, undefined, { signal })
      signal.throwIfAborted()
      nowMs += ms
    },
    log: (line) => {
      if (line === `application ${id}: started`) startedAtMs = nowMs
    },
  })
  await eventually(() => expect(outcomes()).toEqual([{ id, state: 'held' }]))
  platform.replies.push(...Array(10_000).fill({}))
  isAway = true
  await eventually(async () => expect(await hookRuns()).toEqual([id]))
  expect(startedAtMs).toBeGreaterThanOrEqual(opensAtMs)
  expect(outcomes()).toEqual([{ id, state: 'held' }])
})
