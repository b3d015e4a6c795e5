import {
  createDeployment,
  type Deployment,
  getDeployment,
  listDeploymentDevices,
  type Rollout,
  updateDeployment,
} from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import fc from 'fast-check'
import sql from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { registerApk } from '../../test/artifacts.ts'
import { newDevice, type TestDevice } from '../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../test/harness.ts'
import { RollOutModel, type Rules } from '../../test/roll-out-model.ts'
import { advanceTask } from './advance.ts'

const platform = usePlatform()
const till = 'com.example.till'
const nudge = { gateway: crypto.randomUUID(), queued: () => {}, credentialDied: () => {} }

const careful: Rules = {
  steps: [10, 50, 100],
  soakMinutes: 0,
  maxFailurePercent: 100,
  minSuccessPercent: 50,
  stepTimeoutMinutes: 60,
}

/** A deployment of an app to a group, driven by hand: nothing happens between two calls. */
class RollOut {
  readonly account: TestAccount
  readonly devices: Map<string, TestDevice>
  readonly id: string

  constructor(account: TestAccount, devices: readonly TestDevice[], id: string) {
    this.account = account
    this.devices = new Map(devices.map((device) => [device.id, device]))
    this.id = id
  }

  async read(): Promise<Deployment> {
    const [deployment] = (await this.account.call(getDeployment, { id: this.id })).data
    if (!deployment) throw new Error('there is no deployment')
    return deployment
  }

  /** What the job does that looks after roll-outs. */
  async look(): Promise<Deployment> {
    const rollOut = { accountId: this.account.accountId, id: this.id }
    await advanceTask(nudge).run(platform.database, rollOut, new AbortController().signal)
    return this.read()
  }

  async idsIn(state: 'waiting' | 'told' | 'succeeded' | 'failed'): Promise<string[]> {
    const { data } = await this.account.call(listDeploymentDevices, { id: this.id, state, limit: 1000 })
    return data.map(({ device }) => device.id)
  }

  install = (id: string) => this.devices.get(id)?.checkIn({ apps: [{ name: till, version: '1' }] })
  fail = (id: string) =>
    this.devices.get(id)?.checkIn({ partial: true, outcomes: [{ deployment: this.id, state: 'failed' }] })
  move = (id: string, group: string) => this.account.call(updateDevice, { id, group })
  deprovision = (id: string) => this.account.call(deleteDevice, { id })
  change = (state: 'paused' | 'running' | 'canceled') => this.account.call(updateDeployment, { id: this.id, state })

  /** Lets time go by: everything that was written down is so much older. */
  async pass(minutes: number) {
    await platform.database.query(
      sql`UPDATE deployment SET step_entered_at = step_entered_at - make_interval(mins => ${minutes}) WHERE id = ${this.id}`,
    )
    await platform.database.query(
      sql`UPDATE deployment_device SET finished_at = finished_at - make_interval(mins => ${minutes}) WHERE deployment_id = ${this.id}`,
    )
  }
}

interface Start {
  members: number
  spare?: number
  rollout?: Rollout
  /** Who has the version before. */
  having?: number
}

async function begin({ members, spare = 0, rollout, having = 0 }: Start): Promise<RollOut> {
  const account = await platform.newAccount()
  for (const name of ['tills', 'spare']) await account.call(createGroup, { name })
  const devices: TestDevice[] = []
  for (let place = 0; place < members + spare; place++)
    devices.push(await newDevice(platform, account, { group: place < members ? 'tills' : 'spare' }))
  for (const device of devices.slice(0, having)) await device.checkIn({ apps: [{ name: till, version: '1' }] })
  await registerApk(account, till, 1)
  const { data } = await account.call(createDeployment, {
    group: 'tills',
    type: 'apk',
    name: till,
    version: '1',
    push: false,
    ...(rollout && { rollout }),
  })
  // All are there from the first answer on.
  const { waiting, told, succeeded, failed } = data[0]?.devices ?? {}
  expect([waiting, told, succeeded, failed]).toEqual([members, 0, 0, 0])
  const rollOut = new RollOut(account, devices, data[0]?.id ?? '')
  await rollOut.look()
  return rollOut
}

describe('a step', () => {
  test('is not passed by devices that are away, and times out for a person to decide', async () => {
    const rollOut = await begin({ members: 10, rollout: careful })
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
    const rollOut = await begin({ members: 8, rollout })
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
    const rollOut = await begin({ members: 10, rollout: { ...careful, steps: [50, 100], maxFailurePercent: 40 } })
    const [one = '', two = '', three = '', four = ''] = await rollOut.idsIn('told')
    await rollOut.install(one)
    await rollOut.install(two)
    await rollOut.fail(three)
    expect(await rollOut.look()).toMatchObject({ state: 'running' })
    await rollOut.fail(four)
    expect(await rollOut.look()).toMatchObject({ state: 'paused', reason: 'failures' })
  })

  test('whose devices all left is carried out by others', async () => {
    const rollOut = await begin({ members: 10, rollout: careful })
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
    const rollOut = await begin({ members: 4 })
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
    expect(await (await begin({ members: 0, rollout: careful })).read()).toMatchObject({ state: 'finished', step: 3 })
    const rollOut = await begin({ members: 3, having: 3, rollout: careful })
    expect(await rollOut.read()).toMatchObject({ state: 'finished', devices: { succeeded: 3 } })
  })

  test('that is canceled keeps its counts, whatever its devices do then', async () => {
    const rollOut = await begin({ members: 20, spare: 1, rollout: { ...careful, steps: [40, 100] } })
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
    const rollOut = await begin({ members: 2, spare: 1, rollout: { ...careful, steps: [100] } })
    await rollOut.change('paused')
    const joining = [...rollOut.devices.keys()][2] ?? ''
    await rollOut.move(joining, 'tills')
    expect((await rollOut.look()).devices).toEqual({ waiting: 1, told: 2, succeeded: 0, failed: 0 })
    await rollOut.change('running')
    expect((await rollOut.look()).devices).toEqual({ waiting: 0, told: 3, succeeded: 0, failed: 0 })
  })
})

type Event =
  | { kind: 'install' | 'fail' | 'join' | 'leave' | 'deprovision'; device: number }
  | { kind: 'change'; state: 'paused' | 'running' | 'canceled' }
  | { kind: 'pass'; minutes: number }

const device = fc.nat(8)
const events: fc.Arbitrary<Event> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('install', 'install', 'fail'), device }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('join', 'leave'), device }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('deprovision'), device }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('change'),
      state: fc.constantFrom('paused', 'running', 'running', 'running', 'canceled'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pass'), minutes: fc.constantFrom(5, 10, 30, 60) }) },
) as fc.Arbitrary<Event>

const rules: fc.Arbitrary<Rules> = fc.record({
  steps: fc.constantFrom([100], [50, 100], [20, 60, 100], [1, 99, 100]),
  soakMinutes: fc.constantFrom(0, 0, 10),
  maxFailurePercent: fc.constantFrom(0, 33, 50, 100),
  minSuccessPercent: fc.constantFrom(0, 50, 67, 100),
  stepTimeoutMinutes: fc.constantFrom(30, 60),
})

/** Does to the platform what was done to the model, and leaves out what cannot be done. */
async function happen(rollOut: RollOut, model: RollOutModel, present: Map<string, string>, event: Event) {
  if (event.kind === 'pass') {
    await rollOut.pass(event.minutes)
    return model.pass(event.minutes)
  }
  if (event.kind === 'change') {
    await rollOut.change(event.state).catch(({ status }) => expect(status).toBe(409))
    return model.change(event.state)
  }
  const id = [...present.keys()][event.device % present.size] ?? ''
  const group = present.get(id)
  if (event.kind === 'install' && model.state !== 'canceled' && /told|failed/.test(model.rows.get(id)?.state ?? ''))
    await rollOut.install(id)
  if (event.kind === 'install') return model.install(id)
  if (event.kind === 'fail' && group === 'tills') {
    await rollOut.fail(id)
    return model.fail(id)
  }
  if (event.kind === 'deprovision' && present.size > 2) {
    await rollOut.deprovision(id)
    present.delete(id)
    return model.deprovision(id)
  }
  if (event.kind === 'join' && group === 'spare') {
    await rollOut.move(id, 'tills')
    present.set(id, 'tills')
    return model.join(id)
  }
  if (event.kind === 'leave' && group === 'tills') {
    await rollOut.move(id, 'spare')
    present.set(id, 'spare')
    return model.leave(id)
  }
}

test('a roll-out does what a naive count says, whatever happens to it', async () => {
  await fc.assert(
    fc.asyncProperty(
      rules,
      fc.nat(2),
      fc.array(events, { minLength: 5, maxLength: 25 }),
      async (rollout, having, story) => {
        const rollOut = await begin({ members: 6, spare: 3, rollout, having })
        const ids = [...rollOut.devices.keys()]
        const model = new RollOutModel(rollOut.id, rollout, ids.slice(0, 6), ids.slice(0, having))
        const present = new Map(ids.map((id, place) => [id, place < 6 ? 'tills' : 'spare']))
        const compare = async (what: string) => {
          const { devices, state, reason, step } = await rollOut.look()
          const { counts } = model
          expect({ devices, state, reason, step }, what).toEqual({
            devices: counts,
            state: model.state,
            reason: model.reason,
            step: model.step,
          })
        }
        await compare('at its beginning')
        for (const [place, event] of story.entries()) {
          await happen(rollOut, model, present, event)
          await compare(`after ${JSON.stringify(story.slice(0, place + 1))}`)
        }
      },
    ),
    { numRuns: Number(process.env.FUZZ_RUNS ?? 10), seed: Number(process.env.FUZZ_SEED ?? 20_261_129) },
  )
}, 120_000)
