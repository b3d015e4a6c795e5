import { listSims } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()
const good = ['898830300000061422', '898830300000061430', '898830300000061448']

test('a file of SIMs is checked, sent, and sent again when it is mended; refused lines are kept as CSV', async () => {
  await controller.as(['connect:admin'], async (page) => {
    await page.goto('/sims')
    await page.getByRole('button', { name: 'Import' }).click()
    const dialog = page.getByRole('dialog')
    const choose = (lines: string[]) =>
      dialog
        .locator('input[type=file]')
        .setInputFiles({ name: 'sims.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\r\n')) })
    const wrong = Array.from({ length: 46 }, (_, index) => `=12${index},red`)
    const lines = ['iccid,Colour', `${good[0]},red`, ...wrong, `${good[1]},blue`]
    await choose(lines)
    await dialog.getByRole('button', { name: 'Check only' }).click()
    await dialog.getByText('2 SIMs would be registered, 46 lines would be rejected.').waitFor()
    expect((await controller.account.call(listSims, {})).data).toEqual([])

    const send = dialog.getByRole('button', { name: 'Import', exact: true })
    await send.click()
    await dialog.getByText('2 SIMs registered, 46 lines rejected.').waitFor()
    await dialog.getByText('Ignored columns: Colour.').waitFor()
    expect(await send.isVisible()).toBe(true)
    const box = await send.boundingBox()
    expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(page.viewportSize()?.height ?? 0)

    const saving = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Download rejected lines' }).click()
    let csv = ''
    for await (const chunk of await (await saving).createReadStream()) csv += chunk
    const rows = csv.trimEnd().split('\r\n')
    expect(rows[0]).toBe('line,reason,content')
    expect(rows).toHaveLength(47)
    expect(rows[1]).toMatch(/^3,.*,"'=120,red"$/)

    await choose(['iccid', ...good])
    await send.click()
    await dialog.getByText('1 SIM registered, 2 SIMs already registered.').waitFor()
    await dialog.getByRole('button', { name: 'Close' }).last().click()
    await page.getByRole('link', { name: good[2] ?? '' }).waitFor()
  })
})
