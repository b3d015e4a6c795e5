import type { Connection } from '@mason/contract/connection'
import { type Host, listDirectory } from './host.ts'
import { word } from './word.ts'

/** The state of the host's Bluetooth adapter, as far as `bluetoothctl` reports it. */
export async function readBluetooth(host: Host): Promise<Connection['bluetooth']> {
  const names = await listDirectory(host, '/sys/class/bluetooth')
  // Connections are listed too, such as hci0:256.
  if (!names.some((name) => /^hci\d+$/.test(name))) return undefined

  const controller = (await host.exec('bluetoothctl', ['show'])) ?? ''
  const macAddress = /^Controller ([0-9A-F:]{17})/im.exec(controller)?.[1]
  const name = /^\s*(?:Alias|Name): (.+)$/m.exec(controller)?.[1]
  const powered = /^\s*Powered: (yes|no)$/m.exec(controller)?.[1]
  const pairedDevices = await readPairedDevices(host)
  return {
    ...(powered !== undefined && { enabled: powered === 'yes' }),
    ...(macAddress !== undefined && { macAddress }),
    ...(name !== undefined && { name: word(name) }),
    ...(pairedDevices && { pairedDevices }),
  }
}

async function readPairedDevices(host: Host): Promise<string[] | undefined> {
  // BlueZ 5.65 renamed the command.
  const output =
    (await host.exec('bluetoothctl', ['devices', 'Paired'])) ?? (await host.exec('bluetoothctl', ['paired-devices']))
  if (output === undefined) return undefined
  const devices = output.matchAll(/^Device [0-9A-F:]{17} (.+)$/gim)
  return [...devices].map(([, name]) => word(name ?? ''))
}
