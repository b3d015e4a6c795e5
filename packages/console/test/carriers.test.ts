import { withLuhnDigit } from '@mason/contract/identifiers'
import { updateSim } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { callsFakes, useCarriers } from '../../server/test/carriers/connect.ts'
import { soracom } from '../../server/test/carriers/soracom.ts'
import { eventually } from '../../server/test/eventually.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest(callsFakes)
const newCarrier = useCarriers()

test('a carrier is connected, its SIMs are imported and suspended in bulk, and what it changes is seen', async () => {
  const fake = await newCarrier(soracom)
  const iccids = Array.from({ length: 3 }, (_, index) => withLuhnDigit(`894230000000012345${index}`))
  for (const iccid of iccids) fake.add(iccid)
  await controller.as(['account:owner'], async (page) => {
    await page.getByRole('link', { name: 'Carriers' }).click()
    await page.getByRole('button', { name: 'Connect a carrier' }).click()
    const form = page.getByRole('dialog')
    /** First wrong ones, which the form refuses in plain sight, then good ones. */
    const giveCredentials = async (button: string) => {
      await form.getByLabel('Auth key ID', { exact: true }).fill('keyId-1')
      await form.getByLabel('Auth key', { exact: true }).fill('wrong')
      await form.getByRole('button', { name: button }).click()
      await form
        .getByText(/does not take the credentials/)
        .first()
        .waitFor()
      expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
      await form.getByLabel('Auth key', { exact: true }).fill('secret-1')
      await form.getByRole('button', { name: button }).click()
    }
    await form.getByRole('combobox', { name: 'Carrier' }).click()
    await page.getByRole('option', { name: 'Soracom' }).click()
    await form.getByLabel('Name', { exact: true }).fill('japan')
    await form.getByLabel('Address of its API').fill(fake.url)
    await giveCredentials('Connect')
    await page.getByRole('heading', { name: 'japan', level: 1 }).waitFor()
    await page.getByText('connected', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await page.getByText(/^works, \d+ ms$/).waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('menuitem', { name: 'New credentials' }).click()
    await giveCredentials('Save')
    await form.waitFor({ state: 'detached' })

    await page.getByRole('link', { name: 'Show SIMs' }).click()
    await page.getByRole('link', { name: iccids[0] ?? '' }).waitFor()
    await page.getByLabel('Select all shown').check()
    await page
      .getByRole('button', { name: /^State$/ })
      .first()
      .click()
    await page.getByRole('menuitem', { name: 'Suspend' }).click()
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Suspend/ })
      .click()
    await eventually(() =>
      expect([...fake.sims.values()].map(({ state }) => state)).toEqual(Array(3).fill('suspended')),
    )
    await page.goto(`/sims/${iccids[0]}`)
    await page.getByText('State at the carrier').waitFor()
    await page.getByText('Confirmed', { exact: true }).waitFor()
    await controller.account.call(updateSim, { iccid: iccids[0] ?? '', imeiLock: '490154203237518' })
    await page.getByText('490154203237518 · kept by the carrier, too').waitFor()

    const sim = fake.sims.get(iccids[0] ?? '')
    if (sim) sim.state = 'active'
    await page.goto('/carriers/japan')
    await page.getByRole('button', { name: 'Sync now' }).click()
    await page.getByText('States corrected').waitFor()
    await eventually(async () =>
      expect(await page.getByText('States corrected').locator('xpath=following-sibling::dd').innerText()).toBe('1'),
    )
  })
})

test('who may only read sees carriers, and neither their address for usage nor what changes them', async () => {
  await controller.as(['connect:read'], async (page) => {
    await page.goto('/carriers')
    await page.getByRole('link', { name: 'manual' }).click()
    await page.getByText('There is no carrier to ask').first().waitFor()
    expect(await page.getByRole('button', { name: /sync|test|more actions/i }).count()).toBe(0)
  })
})
