import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { getDevice } from '@mason/contract/device'
import { createXrayTicket, listXraySessions } from '@mason/contract/xray'
import { afterEach, expect, test } from 'vitest'
import { linuxHost } from '../../agent/src/xray/linux-host.ts'
import { adbDaemon, type Ports, portAt } from '../../agent/src/xray/xray.ts'
import { isInstalled } from '../../agent/test/adb-proxy.ts'
import { startAgent } from '../../agent/test/start-agent.ts'
import { temporaryDirectory } from '../../agent/test/temporary-directory.ts'
import { startVnc } from '../../agent/test/vnc-server.ts'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { endXraySides, mustOpen } from '../../server/test/xray.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'

const isVncThere = isInstalled('x11vnc', '-version') && isInstalled('which', 'Xvfb')
if (!isVncThere) console.warn('SKIPPED: x11vnc and Xvfb are not installed, so the screen was not tried')

const controller = consoleUnderTest({ CHECKIN_SECONDS: '1' })
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  endXraySides()
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

async function newHost(name: string, xray: Ports) {
  const { platform, account } = controller
  const directory = await temporaryDirectory()
  const device = await newDevice(platform, account, { name })
  const agent = await startAgent(directory.path, { ...device, server: platform.url, checkinSeconds: 1 }, { xray })
  cleanUps.push(() => directory[Symbol.asyncDispose](), agent.stop)
  await eventually(async () => expect((await account.call(getDevice, { id: device.id })).data[0]?.xray).toBeDefined())
  return { id: device.id, path: directory.path }
}

test('a support person opens a shell, moves files, leaves, and finds the session', async () => {
  const { id, path } = await newHost('Till 1', { adb: adbDaemon(linuxHost(() => {})) })
  await writeFile(join(path, 'report.txt'), 'all is well')
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${id}`)
    await page.getByRole('tab', { name: 'X-Ray' }).click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('Ticket 4711')
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    const terminal = page.getByRole('region', { name: 'Shell 1' })
    await terminal.getByRole('textbox').focus()
    await page.keyboard.type('echo $((40+2))-$TERM; stty size\n')
    await terminal.getByText('42-xterm-256color').first().waitFor()
    await page.getByRole('button', { name: 'New shell' }).click()
    const second = page.getByRole('region', { name: 'Shell 2' })
    await second.getByRole('textbox').focus()
    await page.keyboard.type('echo $((1+1))nd\n')
    await second.getByText('2nd').first().waitFor()
    expect(await axeFaultsInBoth(page, 'main')).toEqual([])

    await page.getByRole('tab', { name: 'Files' }).click()
    await page.getByRole('textbox', { name: 'Folder' }).fill(path)
    await page.keyboard.press('Enter')
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'report.txt' }).click()
    expect(await readFile(await (await downloading).path(), 'utf8')).toBe('all is well')
    const choosing = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Upload' }).click()
    await (await choosing).setFiles({
      name: 'new.bin',
      mimeType: 'application/octet-stream',
      buffer: Buffer.alloc(300_000, 7),
    })
    await page.getByRole('button', { name: 'new.bin' }).waitFor()
    expect((await readFile(join(path, 'new.bin'))).equals(Buffer.alloc(300_000, 7))).toBe(true)

    await page.getByRole('button', { name: 'End session' }).click()
    await page.getByRole('button', { name: 'Open a shell and files' }).waitFor()
    await page.getByRole('link', { name: 'X-Ray sessions' }).click()
    const session = page.getByRole('listitem').filter({ hasText: 'Till 1' }).filter({ hasText: 'Ticket 4711' })
    await session.getByText('ended').waitFor()
    await page.goto(`/audit?subject=${id}`)
    await page
      .getByText(/Open Xray/i)
      .first()
      .waitFor()
  })
})

test('whoever is on the device is named, and asked to leave it', async () => {
  const { platform, account } = controller
  const { id } = await newHost('Till 2', { adb: adbDaemon(linuxHost(() => {})) })
  const ticket = (await account.call(createXrayTicket, { id, service: 'adb', reason: 'earlier' })).data[0]
  const other = await mustOpen(ticket?.url ?? '', { origin: platform.url })
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${id}?tab=xray`)
    await page.getByText('owner is on this device').waitFor()
    await page.getByRole('button', { name: 'Ask to take over' }).click()
    await page.getByText('They were asked to leave it.').waitFor()
    const { data } = await account.call(listXraySessions, { device: id, open: true })
    expect(data[0]?.takeOver?.actor.kind).toBe('user')
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    await page.getByText('Not connected').waitFor()
    await page.getByRole('button', { name: 'End it' }).click()
    expect((await other.closed).reason).toBe('it was ended by hand')
    await page.getByText('owner is on this device').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    await page.getByRole('button', { name: 'End session' }).waitFor()
  })
})

test.skipIf(!isVncThere)('a screen is seen', async () => {
  const vnc = await startVnc()
  cleanUps.push(vnc.stop)
  const { id } = await newHost('Kiosk', { vnc: portAt({ host: '127.0.0.1', port: vnc.port }) })
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${id}?tab=xray`)
    await page.getByRole('button', { name: 'Open the screen' }).click()
    const screen = page.getByRole('region', { name: 'Screen of the device' })
    await screen.locator('canvas').waitFor()
    await page.getByText('Connecting to the screen').waitFor({ state: 'detached' })
    await expect.poll(() => screen.locator('canvas').evaluate((canvas: HTMLCanvasElement) => canvas.width)).toBe(640)
  })
})

test('whoever lacks the scope is offered nothing of it', async () => {
  const { id } = await newHost('Till 3', { adb: adbDaemon(linuxHost(() => {})) })
  await controller.as(['fleet:admin'], async (page) => {
    await page.goto(`/devices/${id}`)
    await page.getByRole('tab', { name: 'State' }).waitFor()
    expect(await page.getByRole('tab', { name: 'X-Ray' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'X-Ray sessions' }).count()).toBe(0)
  })
})
