import { createDeployment, type Rollout } from '@mason/contract/deployment'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { registerApk } from '../../../test/artifacts.ts'
import { beginRollOut } from '../../../test/driven-roll-out.ts'
import { usePlatform } from '../../../test/harness.ts'
import type { Rules } from '../../../test/roll-out-model.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const till = 'com.example.till'

const careful: Rules = {
  steps: [10, 50, 100],
  soakMinutes: 0,
  maxFailurePercent: 100,
  minSuccessPercent: 50,
  stepTimeoutMinutes: 60,
}

describe('a step', () => {
  test('is not passed by devices that are away, and times out for a person to decide', async () => {
    const rollOut = await beginRollOut(platform, { members: 10, rollout: careful })
    await platform.database.query(
      sql`UPDATE device SET online = false, last_checkin = now() - interval '9 days' WHERE account_id = ${rollOut.account.accountId}`,
    )
    await rollOut.pass(59)
    expect(await rollOut.look()).toMatchObject({ state: 'running', step: 1, devices: { waiting: 9, told: 1 } })
    await rollOut.pass(1)
    const paused = { state: 'paused', step: 1, reason: 'too few devices have answered' }
    expect(await rollOut.look()).toMatchObject(paused)
    // Whoever resumes gives it its whole time again.
    await rollOut.change('running')
    expect(await rollOut.look()).toMatchObject({ state: 'running' })
    await rollOut.pass(59)
    expect(await rollOut.look()).toMatchObject({ state: 'running' })
    await rollOut.pass(1)
    expect(await rollOut.look()).toMatchObject(paused)
    await rollOut.change('running')
    for (const id of await rollOut.idsIn('told')) await rollOut.install(id)
    expect(await rollOut.look()).toMatchObject({ state: 'running', step: 2, devices: { told: 4, succeeded: 1 } })
  })

  test('waits for its share of successes, and soaks from the last one', async () => {
    const rollout = { ...careful, steps: [50, 100], soakMinutes: 30 }
    const rollOut = await beginRollOut(platform, { members: 8, rollout })
    const [first = '', second = ''] = await rollOut.idsIn('told')
    await rollOut.install(first)
    await rollOut.pass(30)
    expect(await rollOut.look()).toMatchObject({ step: 1 })
    await rollOut.install(second)
    expect(await rollOut.look()).toMatchObject({ step: 1 })
    await rollOut.pass(29)
    expect(await rollOut.look()).toMatchObject({ step: 1, state: 'running' })
    await rollOut.pass(1)
    expect(await rollOut.look()).toMatchObject({ step: 2, devices: { waiting: 0, told: 6, succeeded: 2 } })
  })

  test('pauses at once beyond the share of failures', async () => {
    const rollOut = await beginRollOut(platform, {
      members: 10,
      rollout: { ...careful, steps: [50, 100], maxFailurePercent: 40 },
    })
    const [one = '', two = '', three = '', four = ''] = await rollOut.idsIn('told')
    await rollOut.install(one)
    await rollOut.install(two)
    await rollOut.fail(three)
    expect(await rollOut.look()).toMatchObject({ state: 'running' })
    await rollOut.fail(four)
    expect(await rollOut.look()).toMatchObject({ state: 'paused', reason: 'failures' })
  })

  test('whose devices all left is carried out by others', async () => {
    const rollOut = await beginRollOut(platform, { members: 10, rollout: careful })
    const [canary = ''] = await rollOut.idsIn('told')
    await rollOut.move(canary, 'spare')
    expect(await rollOut.look()).toMatchObject({ step: 1, devices: { waiting: 8, told: 1, succeeded: 0, failed: 0 } })
  })

  test('cannot be asked to soak longer than it may last', async () => {
    const account = await platform.newAccount()
    await registerApk(account, till, 1)
    const deploy = (rollout: Partial<Rollout>) =>
      account.call(createDeployment, {
        group: 'unassigned',
        type: 'apk',
        name: till,
        version: '1',
        push: false,
        rollout: { steps: [100], soakMinutes: 0, maxFailurePercent: 0, ...rollout },
      })
    await expect(deploy({ soakMinutes: 60, stepTimeoutMinutes: 60 })).rejects.toMatchObject({
      status: 400,
      errors: [{ path: '/rollout/stepTimeoutMinutes' }],
    })
    expect((await deploy({})).data).toMatchObject([{ rollout: { minSuccessPercent: 50, stepTimeoutMinutes: 1440 } }])
    expect((await deploy({ soakMinutes: 1440 })).data).toMatchObject([{ rollout: { stepTimeoutMinutes: 2880 } }])
  })
})

describe('a deployment', () => {
  test('is finished when every device has it or has failed, and not before', async () => {
    const rollOut = await beginRollOut(platform, { members: 4 })
    expect(await rollOut.read()).toMatchObject({ state: 'running', devices: { told: 4 } })
    const [one = '', two = '', ...rest] = await rollOut.idsIn('told')
    await rollOut.install(one)
    await rollOut.fail(two)
    // Nobody asked for a roll-out, so there is no time that it must keep.
    await rollOut.pass(100_000)
    expect(await rollOut.look()).toMatchObject({ state: 'running', devices: { told: 2, succeeded: 1, failed: 1 } })
    for (const id of rest) await rollOut.install(id)
    expect(await rollOut.look()).toMatchObject({ state: 'finished', devices: { told: 0, succeeded: 3, failed: 1 } })
  })

  test('to nobody, and to devices that all have it, is finished at once', async () => {
    expect(await (await beginRollOut(platform, { members: 0, rollout: careful })).read()).toMatchObject({
      state: 'finished',
      step: 3,
    })
    const rollOut = await beginRollOut(platform, { members: 3, having: 3, rollout: careful })
    expect(await rollOut.read()).toMatchObject({ state: 'finished', devices: { succeeded: 3 } })
  })

  test('that is canceled keeps its counts, whatever its devices do then', async () => {
    const rollOut = await beginRollOut(platform, { members: 20, spare: 1, rollout: { ...careful, steps: [40, 100] } })
    const told = await rollOut.idsIn('told')
    for (const id of told.slice(0, 3)) await rollOut.fail(id)
    const counts = { waiting: 12, told: 5, succeeded: 0, failed: 3 }
    await rollOut.change('paused')
    expect((await rollOut.look()).devices).toEqual(counts)
    await rollOut.change('canceled')
    expect(await rollOut.look()).toMatchObject({ state: 'canceled', devices: counts })
    const [failed = '', waiting = ''] = [told[0], (await rollOut.idsIn('waiting'))[0]]
    for (const id of [failed, waiting]) {
      await rollOut.move(id, 'spare')
      await rollOut.move(id, 'tills')
      expect(await rollOut.devices.get(id)?.checkIn({})).not.toMatchObject({ deployments: { apps: [{ name: till }] } })
    }
    expect((await rollOut.look()).devices).toEqual(counts)
    expect(await rollOut.idsIn('failed')).toEqual(expect.arrayContaining(told.slice(0, 3)))
  })

  test('that is paused in its last step tells nobody who joins, until it goes on', async () => {
    const rollOut = await beginRollOut(platform, { members: 2, spare: 1, rollout: { ...careful, steps: [100] } })
    await rollOut.change('paused')
    const joining = [...rollOut.devices.keys()][2] ?? ''
    await rollOut.move(joining, 'tills')
    expect((await rollOut.look()).devices).toEqual({ waiting: 1, told: 2, succeeded: 0, failed: 0 })
    await rollOut.change('running')
    expect((await rollOut.look()).devices).toEqual({ waiting: 0, told: 3, succeeded: 0, failed: 0 })
  })
})
