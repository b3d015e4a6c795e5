import { getDevice } from '@mason/contract/device'
import type { Page } from 'playwright-core'
import { afterEach, expect, test } from 'vitest'
import { adbDaemon } from '../../agent/src/xray/xray.ts'
import { startAgent } from '../../agent/test/start-agent.ts'
import { temporaryDirectory } from '../../agent/test/temporary-directory.ts'
import { registerBytes, scrcpyServer } from '../../server/test/artifacts.ts'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'
import { fakeAndroid } from './fake-scrcpy.ts'

const controller = consoleUnderTest({ CHECKIN_SECONDS: '1' })
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const [width, height] = [96, 160]
const [touch, key, text, scroll, clipboard] = [2, 0, 1, 3, 9]

async function newAndroid(name: string) {
  const { platform, account } = controller
  const android = fakeAndroid(width, height)
  const directory = await temporaryDirectory()
  const device = await newDevice(platform, account, { name })
  const credential = { ...device, server: platform.url, checkinSeconds: 1 }
  const agent = await startAgent(directory.path, credential, { xray: { adb: adbDaemon(android.host) } })
  cleanUps.push(() => directory[Symbol.asyncDispose](), agent.stop)
  await eventually(async () => expect((await account.call(getDevice, { id: device.id })).data[0]?.xray).toBeDefined())
  return { ...android, id: device.id }
}

async function openScreenTab(page: Page, id: string): Promise<void> {
  await page.goto(`/devices/${id}?tab=xray`)
  await page.getByRole('button', { name: 'Open a shell and files' }).click()
  await page.getByRole('tab', { name: 'Screen', exact: true }).click()
}

/** The color in the middle of what is shown: red, green, blue. */
const colorOf = (page: Page) =>
  page.getByLabel('Screen of the device').evaluate((shown: HTMLCanvasElement) => {
    const copy = document.createElement('canvas')
    const context = copy.getContext('2d')
    context?.drawImage(shown, 0, 0)
    return [...(context?.getImageData(shown.width / 2, shown.height / 2, 1, 1).data ?? [])].slice(0, 3)
  })

async function expectRed(page: Page): Promise<void> {
  await expect
    .poll(async () => {
      const [red = 0, green = 0, blue = 0] = await colorOf(page)
      return red > 220 && green < 60 && blue < 60
    })
    .toBe(true)
  const size = await page
    .getByLabel('Screen of the device')
    .evaluate((canvas: HTMLCanvasElement) => [canvas.width, canvas.height])
  expect(size).toEqual([width, height])
}

/** Clicks at a quarter of the width and three quarters of the height. */
async function tap(page: Page): Promise<void> {
  const canvas = page.getByLabel('Screen of the device')
  const box = await canvas.boundingBox()
  if (!box) throw new Error('the screen is not to be seen')
  await canvas.click({ position: { x: box.width / 4, y: (3 * box.height) / 4 } })
}

test('whoever has not registered the scrcpy server is told to', async () => {
  const { id } = await newAndroid('Kiosk 1')
  await controller.as(['account:owner'], async (page) => {
    await openScreenTab(page, id)
    await page.getByText('The scrcpy server is not registered').waitFor()
    await page.getByRole('link', { name: 'Artifacts' }).last().waitFor()
  })
})

test('the screen of an Android device is seen, touched, typed at and pasted to', async () => {
  const { account, platform } = controller
  const { id, pushed, lines, controls, copied, isRunning } = await newAndroid('Kiosk 2')
  const server = scrcpyServer()
  for (const version of ['3.3.3', '2.7', '3.3'])
    await registerBytes(account, { type: 'media', name: 'scrcpy-server', version }, server)
  const received = (type: number) => controls.filter((control) => control.type === type).map(({ bytes }) => bytes)
  await controller.as(['account:owner'], async (page) => {
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: platform.url })
    await openScreenTab(page, id)
    await page.getByText('not on a real Android device').waitFor()
    await page.getByRole('button', { name: 'Show the screen' }).click()
    await expectRed(page)
    expect([...pushed.keys()]).toEqual(['/data/local/tmp/scrcpy-server.jar'])
    expect([...pushed.values()][0]?.equals(server)).toBe(true)
    expect(lines.at(-1)).toMatch(
      /^CLASSPATH=\/data\/local\/tmp\/scrcpy-server\.jar app_process \/ com\.genymobile\.scrcpy\.Server 3\.3\.3 .*audio=false/,
    )

    await tap(page)
    await expect.poll(() => received(touch).length).toBe(2)
    const [down, up] = received(touch).map((bytes) => ({
      action: bytes[1],
      at: [bytes.readUInt32BE(10), bytes.readUInt32BE(14)],
      of: [bytes.readUInt16BE(18), bytes.readUInt16BE(20)],
    }))
    expect(down).toEqual({ action: 0, at: [width / 4, (3 * height) / 4], of: [width, height] })
    expect(up).toEqual({ action: 1, at: [width / 4, (3 * height) / 4], of: [width, height] })

    await page.keyboard.type('Q')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Back', exact: true }).click()
    await expect
      .poll(() => received(key).map((bytes) => [bytes[1], bytes.readUInt32BE(2)]))
      .toEqual([
        [0, 66],
        [1, 66],
        [0, 4],
        [1, 4],
      ])
    expect(received(text).map((bytes) => bytes.subarray(5).toString())).toEqual(['Q'])
    await page.getByLabel('Screen of the device').hover()
    await page.mouse.wheel(0, 100)
    await expect.poll(() => received(scroll)[0]?.readInt16BE(15)).toBeLessThan(0)

    copied('from the device')
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe('from the device')
    await page.evaluate(() => navigator.clipboard.writeText('to the device'))
    await page.getByRole('button', { name: 'Send clipboard' }).click()
    await expect
      .poll(() => received(clipboard).map((bytes) => bytes.subarray(14).toString()))
      .toEqual(['to the device'])
    expect(await axeFaultsInBoth(page, 'main')).toEqual([])

    await page.getByRole('button', { name: 'End session' }).click()
    await expect.poll(isRunning).toBe(false)
  })
})

test('a browser without a decoder of its own shows the screen as well', async () => {
  const { id, lines } = await newAndroid('Kiosk 3')
  await registerBytes(controller.account, { type: 'media', name: 'scrcpy-server', version: '3.3.2' }, scrcpyServer())
  await controller.as(['account:owner'], async (page) => {
    await page.addInitScript(() => Reflect.deleteProperty(globalThis, 'VideoDecoder'))
    await openScreenTab(page, id)
    await page.getByRole('button', { name: 'Show the screen' }).click()
    await expectRed(page)
    expect(lines.at(-1)).toContain('video_codec_options=profile=1,level=')
  })
})
