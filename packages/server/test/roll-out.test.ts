import { createDeployment, getDeployment, updateDeployment } from '@mason/contract/deployment'
import { getSummary } from '@mason/contract/device'
import { createEnrollment } from '@mason/contract/enrollment'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import { listNotifications } from '@mason/contract/notification'
import { createClient } from '@mason/sdk/client'
import { afterEach, expect, test, vi } from 'vitest'
import { registerApk } from './artifacts.ts'
import { newDataDir, type Program, startProgram } from './program.ts'
import { simulateFleet } from './simulated-fleet.ts'

const total = 2_000
const rollout = { steps: [5, 25, 100], soakMinutes: 0, maxFailurePercent: 2 }
const patience = { timeout: 120_000, interval: 100 }

let program: Program
let fleet: ReturnType<typeof simulateFleet>
afterEach(async () => {
  await fleet?.stop()
  await program?.end()
})

test('a roll-out pauses where too many fail, survives kill -9, and tells no device twice', async () => {
  const DATA_DIR = await newDataDir()
  const environment = { DATA_DIR, CHECKIN_SECONDS: '600', RATE_LIMIT_PER_SECOND: '100000', RATE_LIMIT_BURST: '100000' }
  program = await startProgram(environment)
  const { url: baseUrl, ownerKey: key = '' } = program
  const account = { ...createClient({ baseUrl, key }), accountId: '', key }
  await account.call(createGroup, { name: 'tills' })
  const enrollment = (await account.call(createEnrollment, { group: 'tills' })).data[0]
  fleet = simulateFleet(baseUrl, enrollment?.token ?? '', {
    devices: total,
    seed: 7,
    transport: 'http',
    interval: 5,
    'install-fail': 0.1,
  })
  await vi.waitFor(async () => expect((await account.call(getSummary)).data[0]?.devices).toBe(total), patience)
  await registerApk(account, 'com.example.fresh', 12)
  const wanted = { group: 'tills', type: 'apk', name: 'com.example.fresh', version: '12', push: true, rollout } as const
  const id = (await account.call(createDeployment, wanted)).data[0]?.id ?? ''

  const read = async () => {
    const [deployment] = (await account.call(getDeployment, { id })).data
    if (!deployment) throw new Error('there is no deployment')
    return deployment
  }
  const crash = async () => {
    await program.end('SIGKILL')
    program = await startProgram({ ...environment, PORT: new URL(baseUrl).port })
  }
  /** Failures that were accepted by resuming. */
  let accepted = 0
  for (const [index, share] of rollout.steps.entries()) {
    await vi.waitFor(async () => expect((await read()).step).toBe(index + 1), patience)
    // In the middle of the step.
    await crash()
    const paused = await vi.waitFor(async () => {
      const deployment = await read()
      expect(deployment.state).not.toBe('running')
      return deployment
    }, patience)
    const { waiting, told, succeeded, failed } = paused.devices
    expect(paused).toMatchObject({ state: 'paused', reason: 'failures', step: index + 1, share })
    // A step that does not fit in a portion pauses before all of it was told.
    expect(told + succeeded + failed).toBeLessThanOrEqual(Math.ceil((total * share) / 100))
    expect(waiting + told + succeeded + failed).toBe(total)
    expect((failed - accepted) * 100).toBeGreaterThan(rollout.maxFailurePercent * (failed - accepted + succeeded))
    // All have answered before somebody goes on, so that what is accepted is all there is.
    await vi.waitFor(async () => expect((await read()).devices.told).toBe(0), patience)
    accepted = (await read()).devices.failed
    await account.call(updateDeployment, { id, state: 'running' })
  }
  // The last step is told in portions, so it can pause again before all of it was told.
  await vi.waitFor(async () => {
    const { state } = await read()
    if (state === 'paused') await account.call(updateDeployment, { id, state: 'running' })
    expect(state).toBe('finished')
  }, patience)
  const { succeeded, failed } = (await read()).devices
  expect(succeeded + failed).toBe(total)
  expect(failed).toBeGreaterThan(total * 0.07)
  expect(failed).toBeLessThan(total * 0.13)

  const told: string[] = []
  for (let after: string | undefined; ; ) {
    const page = await account.call(listNotifications, { type: 'refresh', limit: 1000, ...(after && { after }) })
    told.push(...page.data.map(({ device }) => device.id))
    after = page.nextPage
    if (after === undefined) break
  }
  expect(told).toHaveLength(total)
  expect(new Set(told).size).toBe(total)
  const steps = (await account.call(listEvents, { type: 'deployment.step' })).data.map(({ data }) => data.share)
  expect(steps).toEqual(rollout.steps)
}, 400_000)
