import { createDeployment, getDeployment, type NewDeployment } from '@mason/contract/deployment'
import { createGroup } from '@mason/contract/group'
import { expect } from 'vitest'
import { registerApk } from './artifacts.ts'
import { eventually } from './eventually.ts'
import { newDevice, type TestDevice } from './factories.ts'
import type { Platform, TestAccount } from './harness.ts'

export const till = 'com.example.till'
export const app = (version: number, name = till) => ({ name, version: String(version) })

/** An account with so many devices in the group tills. */
export async function newGroup(platform: Platform, devices: number) {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const members: TestDevice[] = []
  for (let made = 0; made < devices; made++) members.push(await newDevice(platform, account, { group: 'tills' }))
  return { account, members }
}

export const readDeployment = async (account: TestAccount, id: string) =>
  (await account.call(getDeployment, { id })).data[0]

/** Waits until the roll-out is like this, and looks after it meanwhile as the periodic job does. */
export const expectDeployment = (platform: Platform, account: TestAccount, id: string, like: object) =>
  eventually(async () => {
    await platform.runJob('watch-deployments')
    expect(await readDeployment(account, id)).toMatchObject(like)
  })

/** Deploys to the group tills, and waits until the first step has begun. */
export async function deploy(
  account: TestAccount,
  input: Omit<NewDeployment, 'group' | 'push'> & Partial<NewDeployment>,
) {
  const { data } = await account.call(createDeployment, { group: 'tills', push: false, ...input })
  const id = data[0]?.id ?? ''
  await eventually(async () => expect((await readDeployment(account, id))?.step).toBeGreaterThan(0))
  return id
}

export const deployApp = async (account: TestAccount, version: number, rest: Partial<NewDeployment> = {}) => {
  await registerApk(account, till, version).catch(() => {})
  return deploy(account, { type: 'apk', name: till, version: String(version), ...rest })
}
