import jsQr from 'jsqr'
import type { Locator, Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { registerApk } from '../../server/test/artifacts.ts'
import { HeadwindAgent } from '../../server/test/headwind-agent.ts'
import { MdmeshAgent } from '../../server/test/mdmesh-agent.ts'
import { consoleUnderTest } from './console.ts'

const controller = consoleUnderTest()

/** Reads a QR code as a camera does: from its pixels on the screen. */
async function scan(code: Locator): Promise<string> {
  const picture = `data:image/png;base64,${(await code.screenshot()).toString('base64')}`
  // A page without a policy may draw it.
  const page = await controller.browser.newPage()
  const { width, height, pixels } = await page.evaluate(async (url) => {
    const image = new Image()
    image.src = url
    await image.decode()
    const canvas = document.createElement('canvas')
    canvas.width = image.width
    canvas.height = image.height
    const context = canvas.getContext('2d')
    context?.drawImage(image, 0, 0)
    const data = context?.getImageData(0, 0, image.width, image.height).data ?? []
    return { width: image.width, height: image.height, pixels: [...data] }
  }, picture)
  await page.close()
  return decode(new Uint8ClampedArray(pixels), width, height)
}

function decode(pixels: Uint8ClampedArray, width: number, height: number): string {
  const found = jsQr(pixels, width, height)
  if (!found) throw new Error('there is no QR code to be read')
  return found.data
}

async function newToken(page: Page, kind: string, fill: () => Promise<void>) {
  await page.getByRole('link', { name: 'Enrollment' }).click()
  await page.getByRole('button', { name: 'New token' }).first().click()
  await page.getByRole('combobox', { name: 'What kind of device is it?' }).click()
  await page.getByRole('option', { name: kind }).click()
  await fill()
  await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click()
}

const qrCode = (page: Page) => page.getByRole('img', { name: 'QR code for Android device set-up' })

test('a tablet that was bought joins by the QR code on the screen', async () => {
  await registerApk(controller.account, 'com.hmdm.launcher', 15_360)
  await controller.as(['fleet:admin', 'registry:read'], async (page) => {
    await newToken(page, 'An Android tablet or phone that you bought', async () => {
      await page.getByRole('combobox', { name: 'Version of the agent' }).click()
      await page.getByRole('option', { name: /15360/ }).click()
      await page.getByLabel('Wi-Fi for the set-up').fill('shop')
      await page.getByLabel('Password of the Wi-Fi').fill('for the tills')
    })
    await page.getByText('only agents that Google has approved').waitFor()
    const qr = await scan(qrCode(page))
    const read = JSON.parse(qr)
    expect(read).toMatchObject({
      'android.app.extra.PROVISIONING_WIFI_SSID': 'shop',
      'android.app.extra.PROVISIONING_WIFI_PASSWORD': 'for the tills',
    })
    const apk = await fetch(read['android.app.extra.PROVISIONING_DEVICE_ADMIN_PACKAGE_DOWNLOAD_LOCATION'])
    expect(apk.status).toBe(200)
    const agent = new HeadwindAgent(qr, { serial: 'R52X10ABCDE' })
    agent.start()
    await page.getByRole('status').getByRole('link', { name: 'R52X10ABCDE' }).waitFor()
    await page.getByRole('status').getByRole('link', { name: 'R52X10ABCDE' }).click()
    await page.getByText('Headwind agent').first().waitFor()
    await page.getByRole('button', { name: 'Command' }).click()
    const shutDown = page.getByRole('menuitem', { name: /^Shut down/ })
    expect(await shutDown.isDisabled()).toBe(true)
    expect(await shutDown.innerText()).toContain('Android lets no device owner do that')
    agent.stop()
  })
})

test('a device without Google’s services joins by its QR code, or by cable', async () => {
  await controller.as(['fleet:admin'], async (page) => {
    await newToken(page, 'An Android device without Google’s services', async () => {
      await page.getByRole('combobox', { name: 'Where the device downloads the agent' }).click()
      await page.getByRole('option', { name: 'From a URL' }).click()
      await page.getByLabel('URL of the APK').fill('https://files.invalid/agent.apk')
      await page.getByLabel('SHA-256 of the signing certificate').fill('C'.repeat(43))
    })
    const agent = new MdmeshAgent(await scan(qrCode(page)), { hardwareId: 'hw-of-the-door' })
    agent.start()
    await page.getByRole('status').getByRole('link', { name: 'hw-of-the-door' }).waitFor()
    agent.stop()
    await page.getByRole('tab', { name: 'By cable' }).click()
    await page.locator('pre', { hasText: 'dpm set-device-owner com.mdmesh.agent/.admin.AdminReceiver' }).waitFor()
  })
})

test('without an APK there is no QR code, and the page says how to go on', async () => {
  await controller.as(['fleet:admin'], async (page) => {
    await newToken(page, 'An Android tablet or phone that you bought', async () => {
      await page.getByRole('combobox', { name: 'Where the device downloads the agent' }).click()
      await page.getByRole('option', { name: /^Nowhere/ }).click()
    })
    await page.locator('pre', { hasText: /\/hw-enroll_/ }).waitFor()
    expect(await qrCode(page).count()).toBe(0)
  })
})
