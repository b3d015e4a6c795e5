import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, symlink, truncate, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { getDevice } from '@mason/contract/device'
import { listXraySessions } from '@mason/contract/xray'
import { afterEach, describe, expect, test } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import { newDevice } from '../../server/test/factories.ts'
import { type TestAccount, usePlatform } from '../../server/test/harness.ts'
import { mustOpen, xrayUrl } from '../../server/test/xray.ts'
import { linuxHost } from '../src/xray/linux-host.ts'
import { adbDaemon, type Ports, portAt } from '../src/xray/xray.ts'
import { isInstalled, openProxy, useAdb } from './adb-proxy.ts'
import { startSimulatedDevice } from './simulated-device.ts'
import { startAgent } from './start-agent.ts'
import { temporaryDirectory } from './temporary-directory.ts'
import { startVnc } from './vnc-server.ts'

const isAdbThere = isInstalled('adb', '--version')
const isVncThere = isInstalled('x11vnc', '-version') && isInstalled('which', 'Xvfb')
if (!isAdbThere) console.warn('SKIPPED: adb is not installed, so X-Ray was not tried with it')
if (!isVncThere) console.warn('SKIPPED: x11vnc and Xvfb are not installed, so X-Ray was not tried with VNC')

const platform = usePlatform({ CHECKIN_SECONDS: '1' })
const cleanUps: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp()
})

const rebooted: string[] = []

/** An agent of this host that offers something over X-Ray. */
async function newHost(account: TestAccount, ports: Ports) {
  const directory = await temporaryDirectory()
  cleanUps.push(() => directory[Symbol.asyncDispose]())
  const device = await newDevice(platform, account)
  const credential = { ...device, server: platform.url, checkinSeconds: 1 }
  const agent = await startAgent(directory.path, credential, { xray: ports })
  cleanUps.push(agent.stop)
  const offered = Object.keys(ports).sort()
  await eventually(async () => {
    expect((await account.call(getDevice, { id: device.id })).data[0]?.xray).toEqual(offered)
  })
  return { id: device.id, path: directory.path, agent }
}

const shellOf = (): Ports => ({ adb: adbDaemon(linuxHost((mode) => rebooted.push(mode))) })

async function newProxy(account: TestAccount, id: string) {
  const proxy = await openProxy(xrayUrl(platform.url, id, 'adb'), `Basic ${account.key}`)
  cleanUps.push(proxy.close)
  return proxy
}

describe.skipIf(!isAdbThere)("Debian's adb", () => {
  test('has shells with exit codes and files of 50 MB on a host, one connection after another', async () => {
    const account = await platform.newAccount()
    const { id, path } = await newHost(account, shellOf())
    const { port } = await newProxy(account, id)
    const { adb, stop } = await useAdb()
    cleanUps.push(stop)
    const serial = `127.0.0.1:${port}`
    expect((await adb('connect', serial)).stdout.toString()).toContain('connected to')
    expect((await adb('devices', '-l')).stdout.toString()).toMatch(/device product:linux/)
    const ran = await adb('-s', serial, 'shell', 'echo out; echo err >&2; exit 7')
    expect([ran.status, ran.stdout.toString(), ran.stderr]).toEqual([7, 'out\n', 'err\n'])
    expect((await adb('-s', serial, 'shell', '-x', 'echo plain')).stdout.toString()).toBe('plain\n')

    const bytes = randomBytes(50_000_000)
    const [sent, there, back] = [join(path, 'sent'), join(path, 'made', 'there'), join(path, 'back')]
    await writeFile(sent, bytes)
    expect(await adb('-s', serial, 'push', sent, there)).toMatchObject({ status: 0 })
    expect((await readFile(there)).equals(bytes)).toBe(true)
    expect(await adb('-s', serial, 'pull', there, back)).toMatchObject({ status: 0 })
    expect((await readFile(back)).equals(bytes)).toBe(true)
    const piece = (await adb('-s', serial, 'exec-out', `head -c 3000001 ${there}`)).stdout
    expect(piece.equals(bytes.subarray(0, 3_000_001))).toBe(true)
    expect((await adb('-s', serial, 'ls', path)).stdout.toString()).toContain(' made')
    expect((await adb('-s', serial, 'pull', join(path, 'nothing'), back)).status).not.toBe(0)
    expect((await adb('-s', serial, 'push', sent, '/proc/nothing')).status).not.toBe(0)
    expect((await readFile(back)).equals(bytes)).toBe(true)

    // Lists and states of the second version: a size of more than 32 bits, and a link that is followed.
    const large = 5 * 2 ** 30
    await writeFile(join(path, 'large'), '')
    await truncate(join(path, 'large'), large)
    const listed = (await adb('-s', serial, 'ls', path)).stdout.toString()
    expect(listed).toMatch(new RegExp(` ${large.toString(16).padStart(8, '0')} .* large$`, 'm'))
    await symlink(there, join(path, 'link'))
    expect(await adb('-s', serial, 'pull', join(path, 'link'), back)).toMatchObject({ status: 0 })
    expect((await readFile(back)).equals(bytes)).toBe(true)

    const echo = createServer((socket) => void socket.pipe(socket)).listen('\0mason-echo')
    cleanUps.push(async () => void echo.close())
    const { stdout } = await adb('-s', serial, 'forward', 'tcp:0', 'localabstract:mason-echo')
    const socket = connect({ port: Number(stdout.toString()), host: '127.0.0.1' })
    socket.write('forwarded')
    expect(String((await once(socket, 'data'))[0])).toBe('forwarded')
    socket.destroy()
    const nowhere = await adb('-s', serial, 'forward', 'tcp:0', 'localabstract:nothing')
    const refused = connect({ port: Number(nowhere.stdout.toString()), host: '127.0.0.1' })
    expect(await refused.toArray().catch(() => [])).toEqual([])

    await adb('-s', serial, 'reboot', 'recovery')
    await expect.poll(() => rebooted).toContain('recovery')
    await adb('disconnect', serial)
    await adb('connect', serial)
    expect((await adb('-s', serial, 'shell', 'echo again')).stdout.toString()).toBe('again\n')
    const { data } = await account.call(listXraySessions, { device: id, open: true })
    expect(data[0]?.bytesUp).toBeGreaterThan(0)
  }, 180_000)

  test('reaches the virtual shell of a simulated device', async () => {
    const account = await platform.newAccount()
    const { id, model, stop: stopDevice } = await startSimulatedDevice(platform.url, account)
    cleanUps.push(stopDevice)
    const { port } = await newProxy(account, id)
    const { adb, stop } = await useAdb()
    cleanUps.push(stop)
    const serial = `127.0.0.1:${port}`
    await adb('connect', serial)
    expect((await adb('-s', serial, 'shell', 'getprop', 'ro.product.model')).stdout.toString().trim()).toBe(model)
    expect((await adb('-s', serial, 'shell', 'nonsense')).status).toBe(127)
    expect((await adb('-s', serial, 'exec-out', 'screencap -p')).stdout.subarray(1, 4).toString()).toBe('PNG')
    expect((await adb('-s', serial, 'logcat', '-d')).stdout.toString()).toContain('ActivityManager')
    expect((await adb('-s', serial, 'shell', 'ls', '/sdcard')).stdout.toString()).toContain('Download')
  })
})

describe.skipIf(!isVncThere)('a VNC server', () => {
  test('is reached through the relay, and anew when it has hung up', async () => {
    const vnc = await startVnc()
    cleanUps.push(vnc.stop)
    const account = await platform.newAccount()
    const { id } = await newHost(account, { vnc: portAt({ host: '127.0.0.1', port: vnc.port }) })
    const client = await mustOpen(xrayUrl(platform.url, id, 'vnc'), { authorization: `Basic ${account.key}` })
    cleanUps.push(async () => client.vanish())
    await expect.poll(() => client.texts).toEqual(['device:ok'])
    client.send('client:ok')
    await expect.poll(() => client.bytes().toString()).toBe('RFB 003.008\n')
    client.send(Buffer.from('RFB 003.008\n'))
    // One kind of security, which is none.
    await expect.poll(() => client.bytes().subarray(12)).toEqual(Buffer.from([1, 1]))
    client.send('client:fail')
    client.send('client:ok')
    await expect.poll(() => client.bytes().subarray(14).toString()).toBe('RFB 003.008\n')
  })
})

test('a port that does not answer ends the session with a reason', async () => {
  const account = await platform.newAccount()
  const { id } = await newHost(account, { adb: portAt({ host: '127.0.0.1', port: 1 }) })
  const client = await mustOpen(xrayUrl(platform.url, id, 'adb'), { authorization: `Basic ${account.key}` })
  client.send('client:ok')
  const { code, reason } = await client.closed
  expect([code, reason]).toEqual([1011, expect.stringMatching(/^the port of the device does not answer: /)])
})
