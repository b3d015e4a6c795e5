import { getDevice } from '@mason/contract/device'
import { createGroup } from '@mason/contract/group'
import { afterEach, expect, test, vi } from 'vitest'
import { buildProject, registerApk } from '../../../test/artifacts.ts'
import { deploy, deployApp, expectDeployment, till } from '../../../test/deployments.ts'
import { usePlatform } from '../../../test/harness.ts'
import { useTablets } from '../../../test/headwind-tablets.ts'
import { closedWindow, openWindow } from '../../../test/windows.ts'

const platform = usePlatform()
const { newTablet } = useTablets()
const hourMs = 3_600_000
afterEach(() => void vi.useRealTimers())

test('a tablet installs inside the window, nothing before it, and has what it has after it', async () => {
  const account = await platform.newAccount()
  await account.call(createGroup, { name: 'tills' })
  const { agent, device } = await newTablet(account, {}, { group: 'tills' })
  for (const code of [7, 8]) await registerApk(account, till, code, `1.${code}`)
  await deployApp(account, 7, { window: closedWindow })
  await buildProject(account, { name: 'shop' })
  const project = { type: 'config', name: 'shop', version: '1' } as const
  await deploy(account, { ...project, window: closedWindow })
  await agent.update()
  expect([agent.installed(till), agent.file('Documents/mason.yml')]).toEqual([undefined, undefined])

  const ids = [
    await deployApp(account, 8, { window: openWindow }),
    await deploy(account, { ...project, window: openWindow }),
  ]
  await agent.update()
  for (const id of ids) await expectDeployment(platform, account, id, { state: 'finished', devices: { succeeded: 1 } })

  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5 * hourMs })
  await agent.update()
  const { apps, os, status } = (await account.call(getDevice, { id: device.id })).data[0] ?? {}
  expect(apps).toEqual([{ name: till, version: '8' }])
  expect(os?.configuration).toMatchObject({ project: 'shop', version: '1' })
  expect(status).toMatchObject({ appsUpdated: true, projectUpdated: true })
})
