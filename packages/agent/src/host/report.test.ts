import { Checkin } from '@mason/contract/checkin'
import { Compile } from 'typebox/compile'
import { expect, test } from 'vitest'
import { type Fixture, fixtureHost, ipv4 } from '../../test/fixture-host.ts'
import type { Report } from '../check-in/report.ts'
import { thisHost } from './host.ts'
import { readReport } from './report.ts'

const isCheckin = Compile(Checkin)
const now = new Date('2026-11-02T09:30:00.000Z')
const dpkg = `dpkg-query -W -f \${db:Status-Status}\\t\${Package}\\t\${Version}\\n`
const rpm = 'rpm -qa --queryformat %{NAME}\\t%{VERSION}-%{RELEASE}\\n'

async function reportOf(fixture: Fixture): Promise<Report> {
  await using host = await fixtureHost(fixture)
  const report = await readReport(host, now)
  expect(isCheckin.Errors(report)).toEqual([])
  return report
}

test('a host that tells nothing reports nothing', async () => {
  expect(await reportOf({})).toEqual({})
})

test('this very host reports what the contract allows', async () => {
  const report = await readReport(thisHost, now)
  expect(isCheckin.Errors(report)).toEqual([])
  expect(report.bootId).toBeDefined()
  expect(report.os?.masonOS?.incremental).toBeDefined()
})

test('battery, of two their mean', async () => {
  const files = { '/sys/class/power_supply/BAT0/capacity': '81\n', '/sys/class/power_supply/AC/online': '1\n' }
  expect(await reportOf({ files })).toEqual({ battery: { level: '81' } })
  const two = { ...files, '/sys/class/power_supply/BAT1/capacity': '102\n' }
  expect(await reportOf({ files: two })).toEqual({ battery: { level: '92' } })
})

test('wifi and what it carried since boot; wired interfaces are neither', async () => {
  const report = await reportOf({
    files: {
      '/sys/class/net/eth0/statistics/rx_bytes': '5\n',
      '/sys/class/net/wlan0/phy80211/': '',
      '/sys/class/net/wlan0/flags': '0x1003\n',
      '/sys/class/net/wlan0/address': '02:00:00:00:00:01\n',
      '/sys/class/net/wlan0/statistics/rx_bytes': '700\n',
      '/sys/class/net/wlan0/statistics/tx_bytes': '30\n',
      '/sys/class/net/wwan0/statistics/rx_bytes': '11\n',
      '/sys/class/net/wwan0/statistics/tx_bytes': '12\n',
      '/proc/stat': 'cpu 1 2\nbtime 1793000000\nprocesses 5\n',
    },
    commands: {
      'iw dev wlan0 link': 'Connected to 0a:1b:2c:3d:4e:5f (on wlan0)\n\tSSID: Caf\\xc3\\xa9 5G\n\tfreq: 5180\n',
    },
    interfaces: { wlan0: [ipv4('192.0.2.7')] },
  })
  expect(report.connection).toEqual({
    wifi: {
      enabled: true,
      adapterMacAddress: '02:00:00:00:00:01',
      ipaddress: '192.0.2.7',
      bssid: '0a:1b:2c:3d:4e:5f',
      ssid: 'Café 5G',
    },
    dataUsage: {
      usageCycles: [
        {
          startTime: new Date(1_793_000_000_000).toISOString(),
          endTime: now.toISOString(),
          usages: [
            { type: 'wifi', bytesReceived: 700, bytesSent: 30 },
            { type: 'mobile', bytesReceived: 11, bytesSent: 12 },
          ],
        },
      ],
    },
  })
})

test('wifi that is on but not connected, and wifi without iw', async () => {
  const files = { '/sys/class/net/wlan0/wireless/': '', '/sys/class/net/wlan0/flags': '0x1002\n' }
  const apart = await reportOf({ files, commands: { 'iw dev wlan0 link': 'Not connected.\n' } })
  expect(apart.connection?.wifi).toEqual({ enabled: false })
  const commands = { 'iwgetid wlan0 --raw': 'shop\n', 'iwgetid wlan0 --ap --raw': '0A:1B:2C:3D:4E:5F\n' }
  const joined = await reportOf({ files, commands })
  expect(joined.connection?.wifi).toEqual({ enabled: false, ssid: 'shop', bssid: '0A:1B:2C:3D:4E:5F' })
})

test.each(['devices Paired', 'paired-devices'])('Bluetooth, with bluetoothctl %s', async (command) => {
  const report = await reportOf({
    files: { '/sys/class/bluetooth/hci0/': '' },
    commands: {
      'bluetoothctl show': 'Controller 0A:00:00:00:00:01 (public)\n\tName: till\n\tPowered: yes\n\tPairable: no\n',
      [`bluetoothctl ${command}`]: `Device 0A:00:00:00:00:02 Printer 7\nDevice 0A:00:00:00:00:03 ${'é'.repeat(240)}\n`,
    },
  })
  expect(report.connection?.bluetooth).toEqual({
    enabled: true,
    macAddress: '0A:00:00:00:00:01',
    name: 'till',
    pairedDevices: ['Printer 7', 'é'.repeat(200)],
  })
})

test('an adapter without bluetoothctl is there, no more', async () => {
  const report = await reportOf({ files: { '/sys/class/bluetooth/hci0/': '' } })
  expect(report).toEqual({ connection: { bluetooth: {} } })
})

test('packages of dpkg, without those that were removed, each once', async () => {
  const output = 'installed\tbash\t5.2-1\nconfig-files\tgone\t1\ninstalled\tlibc6\t2.36\ninstalled\tlibc6\t2.36\n'
  expect(await reportOf({ commands: { [dpkg]: output } })).toEqual({
    apps: [
      { name: 'bash', version: '5.2-1' },
      { name: 'libc6', version: '2.36' },
    ],
  })
})

test('packages of rpm where dpkg has none, and of apk', async () => {
  const kernels = 'kernel\t6.1-1.el9\nkernel\t6.2-1.el9\n'
  expect((await reportOf({ commands: { [dpkg]: '', [rpm]: kernels } })).apps).toEqual([
    { name: 'kernel', version: '6.1-1.el9' },
    { name: 'kernel', version: '6.2-1.el9' },
  ])
  const commands = { 'apk info -v': 'ca-certificates-bundle-20240226-r0\nmusl-1.2.4_git2-r2\n' }
  expect((await reportOf({ commands })).apps).toEqual([
    { name: 'ca-certificates-bundle', version: '20240226-r0' },
    { name: 'musl', version: '1.2.4_git2-r2' },
  ])
})

test('more packages, and longer versions, than the contract allows', async () => {
  const lines = Array.from({ length: 6000 }, (_, index) => `installed\tp${index}\t${'1'.repeat(300)}\n`)
  expect((await reportOf({ commands: { [dpkg]: lines.join('') } })).apps).toHaveLength(5000)
})

test('the operating system', async () => {
  const report = await reportOf({
    files: {
      '/etc/os-release': 'NAME="Debian GNU/Linux"\nVERSION_ID="12"\n',
      '/proc/sys/kernel/osrelease': '6.1.0-18-amd64\n',
      '/sys/class/dmi/id/product_name': 'NUC11\n',
      '/sys/class/dmi/id/sys_vendor': 'Example Corp\n',
    },
  })
  expect(report.os).toEqual({
    masonOS: { release: '12', incremental: '6.1.0-18-amd64' },
    configuration: { device: 'NUC11', product: 'Example Corp NUC11' },
  })
})
