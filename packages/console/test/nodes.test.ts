import { hostname } from 'node:os'
import { expect, test } from 'vitest'
import { newUser, password } from '../../server/test/users.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()

test('the owner of the first account sees the nodes, what is wrong with them, and that one has died', async () => {
  const { platform } = controller
  const careless = await platform.addNode({ ROLE: 'gateway', PUBLIC_URL: 'http://mason.example' })
  await controller.as(['account:owner'], async (page) => {
    await page.getByRole('link', { name: 'Nodes' }).click()
    const rows = page.getByRole('region', { name: 'Nodes' }).getByRole('listitem')
    await rows.filter({ hasText: '1 warning' }).getByText('serves devices').waitFor()
    expect(await rows.allInnerTexts()).toEqual([
      expect.stringContaining(hostname()),
      expect.stringContaining('serves API, devices, jobs'),
    ])
    await page.getByRole('alert').getByText('PUBLIC_URL=http://mason.example is not https').waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])
    await careless.stop()
    await page.getByText('1 of 1 running').waitFor()
    expect(await page.getByText('PUBLIC_URL').count()).toBe(0)

    await platform.database.pool.query(
      `INSERT INTO node (id, host, version, roles, started_at, seen_at, connections, event_lag_ms)
       VALUES (gen_random_uuid(), 'gone-1', '0.0.9', '{api}', now() - interval '3 hours', now() - interval '2 hours', 7, 0)`,
    )
    const gone = rows.filter({ hasText: 'gone-1' })
    await gone.getByText('down', { exact: true }).waitFor()
    expect(await gone.innerText()).toContain('last seen 2 hours ago')
    await page.getByText('1 of 2 running').waitFor()
  })
})

test('nobody else is offered the nodes', async () => {
  const { platform, browser } = controller
  const { email } = await newUser(platform, await platform.newAccount(), ['account:owner'])
  const { page } = await openPage(browser, platform.url)
  await signIn(page, email, password)
  expect(await page.getByRole('link', { name: 'Nodes' }).count()).toBe(0)
  await page.goto('/nodes')
  await page.getByText("Only the platform's first account sees its nodes").waitFor()
  await page.context().close()
})
