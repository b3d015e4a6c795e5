import { registerSim } from '@mason/contract/sim'
import { getUsageSeries } from '@mason/contract/usage'
import { beforeAll, expect, test } from 'vitest'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const iccid = '898830300000061422'
const month = new Date().toISOString().slice(0, 7)

beforeAll(async () => {
  const { account, platform } = controller
  await account.call(registerSim, { iccid, markers: [{ key: 'customer', value: 'harbour-taxis' }] })
  const records = [1, 2, 3].map((day) => ({
    id: `day-${day}`,
    iccid,
    start: `${month}-0${day}T10:00:00Z`,
    upload: day * 1_111_111,
    download: day * 7_654_321,
  }))
  const answer = await platform.fetch('/v1/default/usage', {
    method: 'POST',
    key: account.key,
    body: JSON.stringify({ records }),
  })
  expect(answer.status).toBe(200)
})

test('the chart of data use tells what the API says', async () => {
  const [year = 0, number = 0] = month.split('-').map(Number)
  const end = new Date(Date.UTC(year, number, 1)).toISOString().slice(0, 10)
  const { data } = await controller.account.call(getUsageSeries, { start: `${month}-01`, end })
  await controller.as(['connect:read'], async (page) => {
    await page.getByRole('link', { name: 'Data use' }).click()
    await page.getByRole('img', { name: /Data use by day/ }).waitFor()
    await page.getByText('Table', { exact: true }).click()
    const shown = await page
      .locator('td[data-bytes]')
      .evaluateAll((cells) => cells.map((cell) => Number(cell.getAttribute('data-bytes'))))
    expect(shown).toEqual(data.map(({ usage }) => usage.total))
    await page.getByRole('textbox', { name: 'Marker' }).fill('customer')
    await page.keyboard.press('Enter')
    await page.getByRole('cell', { name: 'harbour-taxis' }).waitFor()
  })
})

test('a SIM is activated, limited and marked', async () => {
  await controller.as(['connect:admin'], async (page) => {
    await page.goto(`/sims/${iccid}`)
    await page.getByRole('button', { name: 'Activate' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Activate' }).click()
    await page.getByText('active', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Limit' }).click()
    await page.getByLabel('Megabytes').fill('50')
    await page.getByRole('button', { name: 'Set the limit' }).click()
    await page.getByText('50.0 MB, then an alert').waitFor()
    await page.getByLabel('Key').fill('site')
    await page.getByLabel('Value').fill('pier-4')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('link', { name: 'pier-4' }).waitFor()
  })
})

test('an export is written by the server and downloaded', async () => {
  await controller.as(['connect:read'], async (page) => {
    await page.goto('/sims')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'CSV' }).click()
    const text = await (await download).createReadStream().then(async (stream) => {
      let content = ''
      for await (const chunk of stream) content += chunk
      return content
    })
    expect(text).toContain(iccid)
  })
})
