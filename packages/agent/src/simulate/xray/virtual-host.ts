import type { AdbHost } from '../../xray/adb/adb-host.ts'
import type { SimulatedDevice } from '../device/simulated-device.ts'
import { VirtualFiles } from './virtual-files.ts'
import { runVirtualShell } from './virtual-shell.ts'

/** A simulated device as an ADB client sees it: a tiny shell and some files in memory. */
export function virtualHost(device: SimulatedDevice, now: () => number, reboot: () => void): AdbHost {
  const { serialnumber, family, name = serialnumber } = device.enrollment
  const properties = {
    'ro.product.name': family.toLowerCase().replaceAll(' ', '_'),
    'ro.product.model': family,
    'ro.product.device': family.toLowerCase().replaceAll(' ', '_'),
    'ro.serialno': serialnumber,
    'ro.build.version.release': '13',
  }
  const files = new VirtualFiles(
    {
      '/system/build.prop': Object.entries(properties)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
      '/sdcard/Download/readme.txt': `${name} is a simulated device: its files are in memory and gone with it.\n`,
      '/sdcard/DCIM/.nomedia': '',
      '/data/local/tmp/.keep': '',
      '/bugreports/bugreport.zip': 'this would be a bug report\n',
    },
    Math.floor(now() / 1000),
  )
  const context = { name, properties, files, report: () => device.report(now()), reboot }
  return {
    properties: {
      'ro.product.name': properties['ro.product.name'],
      'ro.product.model': properties['ro.product.model'],
      'ro.product.device': properties['ro.product.device'],
    },
    run: (line, terminal) => runVirtualShell(line, terminal !== undefined, context),
    stat: async (path) => files.stat(path),
    list: async (path) => files.list(path),
    read: async (path) => {
      const content = files.read(path)
      return (async function* () {
        yield content
      })()
    },
    write: async (path, mode) => files.sink(path, mode),
    reboot,
  }
}
