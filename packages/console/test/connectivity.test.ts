import { registerSim } from '@mason/contract/sim'
import { getUsageSeries } from '@mason/contract/usage'
import { beforeAll, expect, test } from 'vitest'
import { newIccid } from '../../server/test/unique.ts'
import { bytes } from '../src/ui/numbers.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const iccid = '898830300000061422'
const month = new Date().toISOString().slice(0, 7)
/** Of a month that has just begun there is less. */
const days = [1, 2, 3].filter((day) => day <= new Date().getUTCDate())
const perDay = { upload: 1_111_111, download: 7_654_321 }
const ofFirstDay = perDay.upload + perDay.download

beforeAll(async () => {
  const { account, platform } = controller
  await account.call(registerSim, { iccid, markers: [{ key: 'customer', value: 'harbour-taxis' }] })
  const records = days.map((day) => ({
    id: `day-${day}`,
    iccid,
    start: `${month}-0${day}T00:00:00Z`,
    upload: day * perDay.upload,
    download: day * perDay.download,
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
    await page.getByRole('link', { name: 'Data usage' }).click()
    await page.getByRole('img', { name: /Data usage by day/ }).waitFor()
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

test('the legend of the forecast tells how it stands while no day is pointed at, and a day when one is', async () => {
  await controller.as(['connect:read'], async (page) => {
    await page.goto('/plan')
    const chart = page.getByRole('img', { name: /Data usage this month/ })
    const soFar = page.getByRole('listitem').filter({ hasText: 'So far' })
    await soFar.getByText(bytes(ofFirstDay * days.reduce((sum, day) => sum + day))).waitFor()
    const { width } = (await chart.boundingBox()) ?? { width: 0 }
    // The first day is a little to the right of the axis.
    await chart.hover({ position: { x: 80 + width / 80, y: 100 } })
    await soFar.getByText(bytes(ofFirstDay)).waitFor()
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
    await page.getByRole('button', { name: 'Set limit' }).click()
    await page.getByText('50.0 MB, then alert').waitFor()
    await page.getByLabel('Key').fill('site')
    await page.getByLabel('Value').fill('pier-4')
    await page.getByRole('button', { name: 'Set', exact: true }).click()
    await page.getByRole('link', { name: 'pier-4' }).waitFor()
  })
})

test('what the carrier counted is shown by its sources, beside what the device counted', async () => {
  const { account, platform } = controller
  const own = newIccid()
  await account.call(registerSim, { iccid: own })
  const records = [
    { source: 'our-1nce', iccid: own, day: `${month}-01`, upload: 1_000_000, download: 2_000_000 },
    { id: 'one', iccid: own, start: `${month}-01T00:00:00Z`, upload: 0, download: 500_000 },
  ]
  const body = JSON.stringify({ records })
  expect((await platform.fetch('/v1/default/usage', { method: 'POST', key: account.key, body })).status).toBe(200)
  await platform.database.pool.query(
    'INSERT INTO device_usage_day (account_id, iccid, day, upload, download) VALUES ($1, $2, $3, 1000000, 2000000)',
    [account.accountId, own, `${month}-01`],
  )
  await controller.as(['connect:read'], async (page) => {
    await page.goto(`/sims/${own}`)
    const row = page.getByRole('row').filter({ hasText: 'our-1nce' })
    await row.getByText(`our-1nce ${bytes(3_000_000)}`).waitFor()
    await row.getByText(`Records ${bytes(500_000)}`).waitFor()
    await row.getByRole('cell', { name: bytes(500_000), exact: true }).waitFor()
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
