import { createDeployment } from '@mason/contract/deployment'
import { createGroup } from '@mason/contract/group'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { registerApk } from '../../server/test/artifacts.ts'
import { newDevice } from '../../server/test/factories.ts'
import { newUser, password } from '../../server/test/users.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { settled } from './every-page.ts'

const controller = consoleUnderTest()
/** Groups of different sizes, more of them than the overview shows. */
const sizes = [4, 1, 1, 1, 1, 1, 1, 1]

beforeAll(async () => {
  const { platform, account } = controller
  for (const [index, size] of sizes.entries()) {
    await account.call(createGroup, { name: `group-${index}` })
    for (let member = 0; member < size; member++)
      await newDevice(platform, account, { group: `group-${index}`, name: `device-${index}-${member}` })
  }
  await registerApk(account, 'com.example.kiosk', 7)
  const what = { type: 'apk', name: 'com.example.kiosk', version: '7', push: false } as const
  await account.call(createDeployment, { ...what, group: 'group-0' })
})

test('“Out of date” leads to a list of just these devices', async () => {
  await controller.as(['fleet:read'], async (page) => {
    const link = page.getByRole('link', { name: 'Out of date' })
    await expect.poll(() => link.innerText()).toMatch(/^4\s/)
    await link.click()
    await page.getByRole('button', { name: 'Out of date' }).waitFor()
    await expect
      .poll(() => page.locator('tbody a[href^="/devices/"]').allInnerTexts())
      .toEqual(['device-0-0', 'device-0-1', 'device-0-2', 'device-0-3'])
    await page.getByText('4 devices', { exact: true }).waitFor()
  })
})

/** The bars of a panel, each as its share of the width. */
const bars = (page: Page, panel: string) =>
  page
    .getByRole('region', { name: panel })
    .locator('[class*=track]')
    .evaluateAll((tracks) =>
      tracks.map((track) => {
        const whole = track.getBoundingClientRect().width
        return (track.firstElementChild?.getBoundingClientRect().width ?? 0) / whole
      }),
    )

test('bars are shares of the whole', async () => {
  await controller.as(['fleet:read'], async (page) => {
    await settled(page)
    const total = sizes.reduce((sum, size) => sum + size)
    const shares = await bars(page, 'By group')
    expect(shares).toHaveLength(6)
    const [first = 0, ...others] = shares
    expect(first).toBeCloseTo(4 / total, 2)
    for (const share of others) expect(share).toBeCloseTo(1 / total, 2)
    await page.getByText('and 2 more with 2 devices').waitFor()
    expect(await bars(page, 'By family')).toEqual([1])
  })
})

test('of an account in which nothing has happened the overview says so', async () => {
  const { platform, browser } = controller
  const other = await platform.newAccount()
  const { email } = await newUser(platform, other, ['account:owner'])
  const { page, faults } = await openPage(browser, platform.url)
  // Inviting somebody is an event as well.
  await page.route(/\/event\?/, (interception) => interception.fulfill({ json: { data: [] } }))
  await signIn(page, email, password)
  await settled(page)
  const recent = page.getByRole('region', { name: 'Recent activity' })
  await recent.getByText('No activity yet').waitFor()
  for (const name of ['Fleet', 'Commands in progress', 'Roll-outs', 'Recent activity'])
    expect((await page.getByRole('region', { name }).innerText()).trim().split('\n').length, name).toBeGreaterThan(1)
  expect(faults).toEqual([])
  await page.context().close()
})
