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
import sql from 'sql-template-tag'
import { expect } from 'vitest'
import { deviceCondition } from '../src/fleet/device/filter.ts'
import { queueForMany } from '../src/fleet/notification/batch.ts'
import { advanceTask } from '../src/software/deployment/advance.ts'
import { registerApk } from './artifacts.ts'
import { newDevice, type TestDevice } from './factories.ts'
import type { Platform, TestAccount } from './harness.ts'

const till = 'com.example.till'
const wakeUps = { gateway: crypto.randomUUID(), queued: () => {}, credentialDied: () => {} }
const advance = advanceTask(
  { command: (tx, ...command) => queueForMany(tx, wakeUps, ...command), matching: deviceCondition },
  3,
)

/** A deployment of an app to a group, driven by hand: nothing happens between two calls. */
export class RollOut {
  readonly platform: Platform
  readonly account: TestAccount
  readonly devices: Map<string, TestDevice>
  readonly id: string

  constructor(platform: Platform, account: TestAccount, devices: readonly TestDevice[], id: string) {
    this.platform = platform
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
    await advance.run(this.platform.database, rollOut, new AbortController().signal)
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
    await this.platform.database.query(
      sql`UPDATE deployment SET step_entered_at = step_entered_at - make_interval(mins => ${minutes}) WHERE id = ${this.id}`,
    )
    await this.platform.database.query(
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

/** Deploys an app to a group of so many devices; some more are in the group spare. */
export async function beginRollOut(
  platform: Platform,
  { members, spare = 0, rollout, having = 0 }: Start,
): Promise<RollOut> {
  const account = await platform.newAccount()
  for (const name of ['tills', 'spare']) await account.call(createGroup, { name })
  const devices: TestDevice[] = []
  for (let index = 0; index < members + spare; index++)
    devices.push(await newDevice(platform, account, { group: index < members ? 'tills' : 'spare' }))
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
  const rollOut = new RollOut(platform, account, devices, data[0]?.id ?? '')
  await rollOut.look()
  return rollOut
}
