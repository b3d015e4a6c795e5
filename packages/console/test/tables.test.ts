import { beforeAll, expect, test } from 'vitest'
import { newUser, password } from '../../server/test/users.ts'
import { openPage, phone, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const iccids = Array.from({ length: 130 }, (_, index) => `898830300000${String(index).padStart(6, '0')}`)

beforeAll(async () => {
  const { platform, account } = controller
  const answer = await platform.fetch('/v1/default/sim/import', {
    method: 'POST',
    key: account.key,
    headers: { 'content-type': 'text/csv' },
    body: `iccid\n${iccids.join('\n')}\n`,
  })
  expect(answer.status).toBe(200)
})

test.each([
  ['a phone', phone],
  ['a tablet', { width: 820, height: 1180 }],
  ['a desktop', { width: 1440, height: 900 }],
])('the last rows of tables are reached on %s, and no column is cut off', async (_name, viewport) => {
  const { platform, account, browser } = controller
  const { email } = await newUser(platform, account, ['fleet:read', 'connect:read'])
  const { page } = await openPage(browser, platform.url, { viewport })
  await signIn(page, email, password)
  for (const [address, label] of [
    ['/sims', 'SIMs'],
    ['/usage', 'Data usage by SIM'],
  ] as const) {
    await page.goto(address)
    const frame = page.getByRole('region', { name: label, exact: true })
    const last = frame.getByRole('link', { name: iccids.at(-1) ?? '' })
    await frame.scrollIntoViewIfNeeded()
    await expect
      .poll(async () => {
        await frame.evaluate((element) => element.scrollTo(0, element.scrollHeight))
        return (await last.count()) > 0 && (await last.isVisible())
      })
      .toBe(true)
    const seen = await frame.evaluate((element) => {
      const { bottom } = element.getBoundingClientRect()
      const row = [...element.querySelectorAll('tbody tr[aria-rowindex]')].at(-1)?.getBoundingClientRect()
      return { isWhole: (row?.bottom ?? Infinity) <= bottom + 1, overflow: element.scrollWidth - element.clientWidth }
    })
    expect(seen, address).toEqual({ isWhole: true, overflow: 0 })
  }
  await page.context().close()
})
