import { chmod, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { delimiter, join } from 'node:path'
import type { Duplex } from 'node:stream'
import { updateAccount } from '@mason/contract/user'
import { createXrayTicket, listXraySessions, updateXraySession } from '@mason/contract/xray'
import type { Page } from 'playwright-core'
import { afterEach, expect, test, vi } from 'vitest'
import { portAt } from '../../agent/src/xray/xray.ts'
import { isInstalled } from '../../agent/test/adb-proxy.ts'
import { startVnc } from '../../agent/test/vnc-server.ts'
import { endXraySides, mustOpen } from '../../server/test/xray.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { consoleUnderTest } from './console.ts'
import { xrayHosts } from './xray-hosts.ts'

const isVncThere = isInstalled('x11vnc', '-version') && isInstalled('which', 'Xvfb')
if (!isVncThere) console.warn('SKIPPED: x11vnc and Xvfb are not installed, so the screen was not tried')

const controller = consoleUnderTest({ CHECKIN_SECONDS: '1' })
const { newHost, onEnd } = xrayHosts(controller)
afterEach(() => {
  vi.unstubAllEnvs()
  endXraySides()
})

test('a support person opens a shell, moves files, leaves, and finds the session', async () => {
  const { id, path } = await newHost('Till 1')
  await writeFile(join(path, 'report.txt'), 'all is well')
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${id}`)
    await page.getByRole('tab', { name: 'X-Ray' }).click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('Ticket 4711')
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    const terminal = page.getByRole('region', { name: 'Shell 1' })
    await terminal.getByRole('textbox').focus()
    await page.keyboard.type('K=kept; echo $((40+2))-$TERM; stty size\n')
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
    await page.getByRole('textbox', { name: 'Folder' }).fill('/nowhere')
    await page.keyboard.press('Enter')
    await page.getByText('There is no folder /nowhere on this device').waitFor()

    // A shell goes on while something else is looked at.
    await page.getByRole('tab', { name: 'Shell', exact: true }).click()
    await page.getByRole('tab', { name: 'Shell 1' }).click()
    await terminal.getByText('42-xterm-256color').first().waitFor()
    await terminal.getByRole('textbox').focus()
    await page.keyboard.type('echo is-$K\n')
    await terminal.getByText('is-kept').first().waitFor()

    await page.getByRole('button', { name: 'End session' }).click()
    await page.getByRole('button', { name: 'Open a shell and files' }).waitFor()
    await page.getByRole('link', { name: 'X-Ray sessions' }).click()
    const session = page.getByRole('listitem').filter({ hasText: 'Till 1' }).filter({ hasText: 'Ticket 4711' })
    await session.getByText('ended').waitFor()
    expect(await axeFaultsInBoth(page)).toEqual([])
    await page.goto(`/audit?subject=${id}`)
    await page.getByText('Open X-Ray').first().waitFor()
  })
})

/** Types into a shell, and waits for what it says. */
async function typeInto(page: Page, shell: string, line: string, answer: string): Promise<void> {
  const terminal = page.getByRole('region', { name: shell })
  await terminal.getByRole('textbox').focus()
  await page.keyboard.type(`${line}\n`)
  await terminal.getByText(answer).first().waitFor()
}

/** Cuts the connections of browsers to devices, as a lost network does. */
function watchConnections(): () => void {
  const sockets: Duplex[] = []
  const note = ({ url = '' }: IncomingMessage, socket: Duplex) => {
    if (url.startsWith('/v1/global/xray/')) sockets.push(socket)
  }
  const { server } = controller.platform.http
  server.on('upgrade', note)
  onEnd(async () => server.off('upgrade', note))
  return () => {
    for (const socket of sockets.splice(0)) socket.destroy()
  }
}

test('a shell goes on when its connection was cut', async () => {
  const { id } = await newHost('Till 4')
  const cut = watchConnections()
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${id}?tab=xray`)
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    await typeInto(page, 'Shell 1', 'kept=still; echo $((1+1))nd', '2nd')
    const { data: before } = await controller.account.call(listXraySessions, { device: id, open: true })
    // What a command says while nobody hears it comes later.
    await typeInto(page, 'Shell 1', 'echo go; sleep 1; echo $((40+2))-$kept', 'go')
    cut()
    await page.getByText('The connection was lost').waitFor()
    await page.getByText('The connection was lost').waitFor({ state: 'detached' })
    await page.getByRole('region', { name: 'Shell 1' }).getByText('42-still').first().waitFor()
    cut()
    await typeInto(page, 'Shell 1', 'echo $((3+3))-$kept', '6-still')
    const { data: after } = await controller.account.call(listXraySessions, { device: id, open: true })
    expect(after.map((session) => session.id)).toEqual(before.map((session) => session.id))
  })
})

test('an account asks for reasons and records shells, which are replayed', async () => {
  const { account } = controller
  const { id } = await newHost('Till 5')
  onEnd(() => account.call(updateAccount, { xrayReasonRequired: false, xrayShellsRecorded: false }))
  await controller.as(['account:owner'], async (page) => {
    await page.goto('/xray')
    await page.getByRole('button', { name: 'Require a reason' }).click()
    await page.getByRole('button', { name: 'Require no reason' }).waitFor()
    await page.getByRole('button', { name: 'Record shells' }).click()
    await page.getByRole('button', { name: 'Stop recording' }).waitFor()
    await page.goto(`/devices/${id}?tab=xray`)
    const open = page.getByRole('button', { name: 'Open a shell and files' })
    await open.waitFor()
    expect(await open.isDisabled()).toBe(true)
    await page.getByText('Shells are recorded.').waitFor()
    await page.getByRole('textbox', { name: 'Reason' }).fill('Ticket 4712')
    await open.click()
    await typeInto(page, 'Shell 1', 'echo $((40+2))-shown', '42-shown')
    await page.getByText('Its shells are recorded.').waitFor()
    await page.getByRole('button', { name: 'End session' }).click()
    await open.waitFor()

    await page.goto('/xray')
    const session = page.getByRole('listitem').filter({ hasText: 'Ticket 4712' })
    await session.getByText('ended').waitFor()
    await session.getByRole('button', { name: 'Replay' }).click()
    const replay = page.getByRole('dialog').getByRole('region', { name: 'Recorded shell' })
    await replay.getByText('42-shown').first().waitFor()
    expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
    const downloading = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    expect(await readFile(await (await downloading).path(), 'utf8')).toContain('42-shown')
    await page.getByRole('button', { name: 'Close' }).click()
  })
})

/** The smallest picture: one dark pixel. */
const picture = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
  'base64',
)

test('a log is read, filtered and kept; the screen and a bug report become files', async () => {
  const { id, path } = await newHost('Till 6')
  await writeFile(join(path, 'screen.png'), picture)
  await writeFile(join(path, 'report.zip'), 'all that is known')
  const programs = {
    journalctl: `echo boot; echo paper jam; while [ ! -e ${path}/more ]; do sleep 0.1; done; echo later; exec sleep 60`,
    screencap: `exec cat ${path}/screen.png`,
    bugreportz: `echo OK:${path}/report.zip`,
  }
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(path, name), `#!/bin/sh\n${script}\n`)
    await chmod(join(path, name), 0o755)
  }
  vi.stubEnv('PATH', `${path}${delimiter}${process.env.PATH}`)
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${id}?tab=xray`)
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    await page.getByRole('tab', { name: 'Logs' }).click()
    const log = page.getByRole('log', { name: 'Log' })
    await log.getByText('paper jam').waitFor()
    await page.getByRole('textbox', { name: 'Filter' }).fill('PAPER')
    await expect.poll(() => log.textContent()).toBe('paper jam')
    const saving = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save' }).click()
    expect(await readFile(await (await saving).path(), 'utf8')).toBe('paper jam\n')
    await page.getByRole('textbox', { name: 'Filter' }).fill('')
    await page.getByRole('button', { name: 'Pause' }).click()
    await writeFile(join(path, 'more'), '')
    await page.getByRole('button', { name: 'Resume' }).click()
    await log.getByText('later').waitFor()

    await page.getByRole('tab', { name: 'Screenshot and bug report' }).click()
    await page.getByRole('button', { name: 'Take a screenshot' }).click()
    await page.getByRole('img', { name: 'The screen of the device' }).waitFor()
    const keeping = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Save' }).click()
    expect((await readFile(await (await keeping).path())).equals(picture)).toBe(true)
    const reporting = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Bug report' }).click()
    const report = await reporting
    expect(report.suggestedFilename()).toMatch(/^Till 6-.*-bugreport\.zip$/)
    expect(await readFile(await report.path(), 'utf8')).toBe('all that is known')
  })
})

test('whoever is on the device is named, and asked to leave it', async () => {
  const { platform, account } = controller
  const { id } = await newHost('Till 2')
  const ticket = (await account.call(createXrayTicket, { id, service: 'adb', reason: 'earlier' })).data[0]
  const other = await mustOpen(ticket?.url ?? '', { origin: platform.url })
  await controller.as(['account:owner'], async (page) => {
    await page.goto(`/devices/${id}?tab=xray`)
    await page.getByText('owner is on this device').waitFor()
    await page.getByRole('button', { name: 'Ask to take over' }).click()
    await page.getByText('They were asked to leave.').waitFor()
    const { data } = await account.call(listXraySessions, { device: id, open: true })
    expect(data[0]?.takeOver?.actor.kind).toBe('user')
    const ask = page.getByRole('button', { name: 'Ask to take over' })
    expect(await ask.isDisabled()).toBe(true)
    await account.call(updateXraySession, { id: data[0]?.id ?? '', takeOver: false })
    await page.getByText('They were asked to leave, and stay.').waitFor()
    expect(await ask.isDisabled()).toBe(false)
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    await page.getByText('Not connected').waitFor()
    await page.getByRole('button', { name: 'End session' }).click()
    expect((await other.closed).reason).toBe('it was ended by hand')
    await page.getByText('Nobody is on this device any more').waitFor()
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    await page.getByRole('button', { name: 'End session' }).waitFor()
  })
})

test.skipIf(!isVncThere)('a screen is seen', async () => {
  const vnc = await startVnc()
  onEnd(vnc.stop)
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
  const { id } = await newHost('Till 3')
  await controller.as(['fleet:admin'], async (page) => {
    await page.goto(`/devices/${id}`)
    await page.getByRole('tab', { name: 'State' }).waitFor()
    expect(await page.getByRole('tab', { name: 'X-Ray' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'X-Ray sessions' }).count()).toBe(0)
  })
})
