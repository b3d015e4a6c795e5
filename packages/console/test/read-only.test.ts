import { presets } from '@mason/contract/user'
import { expect, test } from 'vitest'
import { newDevice } from '../../server/test/factories.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()

test('who may only read is offered nothing else, and refused by the server', async () => {
  const { id } = await newDevice(controller.platform, controller.account, { name: 'lonely-1' })
  await controller.as([...presets['read-only']], async (page) => {
    await page.goto(`/devices/${id}`)
    await page.getByRole('heading', { name: 'lonely-1' }).waitFor()
    expect(await page.getByRole('button', { name: /command|more actions/i }).count()).toBe(0)
    expect(await page.getByRole('tab', { name: 'Location' }).count()).toBe(0)
    const offered = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts()
    expect(offered).toEqual(expect.arrayContaining(['Devices', 'SIMs', 'Artifacts', 'API keys', 'Users']))
    for (const hidden of ['Enrollment', 'Roll-outs']) expect(offered).not.toContain(hidden)
    for (const [path, words] of [
      ['/devices', 'lonely-1'],
      ['/keys', 'API keys'],
      ['/users', 'Users'],
      ['/sims', 'SIMs'],
      ['/artifacts', 'Artifacts'],
    ] as const) {
      await page.goto(path)
      await page.getByText(words).first().waitFor()
      expect(
        await page.getByRole('button', { name: /^(new|delete|invite|register|import|upload|move)/i }).count(),
      ).toBe(0)
    }
    await page.goto('/')
    const widths = ['Data this month', 'Recent activity'].map(
      async (name) => (await page.getByRole('region', { name }).boundingBox())?.width,
    )
    const [data, activity] = await Promise.all(widths)
    expect(data, 'what stands alone fills its row').toBe(activity)
    await page.goto('/enrollment')
    await page.getByText('This page requires fleet:admin').waitFor()
    const status = await page.evaluate(
      async (device) =>
        (
          await fetch(`/v1/default/device/${device}/notification`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: '{"type":"wipe"}',
          })
        ).status,
      id,
    )
    expect(status).toBe(403)
  })
})

test('what “Read only” promises is what it shows', async () => {
  let promise = ''
  await controller.as(['account:owner'], async (page) => {
    await page.goto('/users')
    await page.getByRole('button', { name: 'Invite' }).click()
    promise = await page
      .getByRole('dialog')
      .getByText(/^Can see/)
      .innerText()
  })
  const [seen = '', unseen = ''] = promise.split(', but no ')
  const words: Record<string, string> = {
    Devices: 'devices',
    SIMs: 'SIMs',
    'Data usage': 'data usage',
    Artifacts: 'artifacts',
    'API keys': 'API keys',
    Users: 'users',
    Webhooks: 'webhooks',
    Enrollment: 'enrollment tokens',
    'Roll-outs': 'roll-outs',
  }
  await controller.as([...presets['read-only']], async (page) => {
    const offered = await page.getByRole('navigation', { name: 'Pages' }).getByRole('link').allInnerTexts()
    for (const [link, word] of Object.entries(words))
      expect(offered.includes(link) ? seen : unseen, link).toContain(word)
  })
})
