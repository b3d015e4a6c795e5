import { createDeployment, listDeploymentDevices } from '@mason/contract/deployment'
import { getDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { expect, test } from 'vitest'
import { buildProject, registerApk } from '../../../test/artifacts.ts'
import { deploy, expectDeployment, till } from '../../../test/deployments.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { useTablets } from '../../../test/headwind-tablets.ts'

const platform = usePlatform()
const { newTablet } = useTablets()
const path = 'Documents/mason.yml'

async function newShop() {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  return { account, ...(await newTablet(account, { model: 'SM-X200' }, { group: 'tills' })) }
}

const deployProject = (account: TestAccount, version: string) =>
  deploy(account, { type: 'config', name: 'shop', version, push: true })

test('a project puts its apps and its file on a tablet; an older version does after a reset', async () => {
  const { account, agent, device } = await newShop()
  await registerApk(account, till, 7, '1.7')
  await buildProject(account, { name: 'shop', version: 1, apps: { [till]: 7 } })
  await buildProject(account, { name: 'shop', version: 2, apps: { [till]: 7 } })
  for (const version of ['1', '2', '1']) {
    const id = await deployProject(account, version)
    await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1 } })
    expect(agent.file(path)).toContain(`version: ${version}\n`)
    expect(agent.installed(till)).toBe(7)
    const { os, status } = (await account.call(getDevice, { id: device.id })).data[0] ?? {}
    expect(os?.configuration).toMatchObject({ device: 'SM-X200', project: 'shop', version })
    expect(status).toMatchObject({ osUpdated: true, appsUpdated: true })
  }
  expect(agent.effects).toMatchObject({ resets: 1, installs: [`${till} 7`, `${till} 7`] })
})

test('a tablet whose file was lost on its way has not succeeded before it is there', async () => {
  const { account, agent } = await newShop()
  await buildProject(account, { name: 'shop' })
  agent.lose(/agent\/file/)
  const id = await deploy(account, { type: 'config', name: 'shop', version: '1' })
  await agent.update()
  expect((await account.call(listDeploymentDevices, { id })).data).toMatchObject([{ state: 'told' }])
  await agent.update()
  await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1 } })
})

test('a project of an app whose version cannot be told from another is refused where tablets are', async () => {
  const { account } = await newShop()
  for (const code of [7, 8]) await registerApk(account, till, code, '1.7')
  await buildProject(account, { name: 'shop', apps: { [till]: 8 } })
  const input = { type: 'config', name: 'shop', version: '1', push: true } as const
  const refusal = {
    status: 409,
    message: `The version 8 of ${till} has the versionName 1.7, as the version 7 has: devices with the Headwind agent report nothing else, so it could not be seen whether they have it`,
  }
  await expect(account.call(createDeployment, { ...input, group: 'tills' })).rejects.toMatchObject(refusal)
  await expect(account.call(createDeployment, { ...input, filter: 'kind==headwind' })).rejects.toMatchObject(refusal)
  await account.call(createGroup, { name: 'others' })
  await newDevice(platform, account, { group: 'others' })
  await account.call(createDeployment, { ...input, group: 'others' })
})
