import { createHmac } from 'node:crypto'
import { EnrollRequest } from '@mason/contract/enrollment'
import { isPlaceholder as isSharedSerialNumber } from '@mason/contract/placeholder'
import { Value } from 'typebox/value'
import { isPlaceholder, readDmi } from './dmi.ts'
import { type Host, readText } from './host.ts'

/** A serial number and where it was found, for the operator. */
export interface SerialNumber {
  value: string
  source: string
}

/** Finds the host's serial number: in DMI, else in the device tree, else derived from the machine id. */
export async function readSerialNumber(host: Host): Promise<SerialNumber | undefined> {
  const found = [
    { source: 'DMI product_serial', value: await readDmi(host, 'product_serial') },
    { source: 'DMI board_serial', value: await readDmi(host, 'board_serial') },
    { source: 'the device tree', value: await readDeviceTreeSerial(host) },
    { source: '/etc/machine-id', value: await readMachineSerial(host) },
  ]
  return found.find(
    (one): one is SerialNumber =>
      Value.Check(EnrollRequest.properties.serialnumber, one.value) && !isSharedSerialNumber(one.value),
  )
}

async function readDeviceTreeSerial(host: Host): Promise<string | undefined> {
  const serial = await readText(host, '/proc/device-tree/serial-number')
  return serial === undefined || isPlaceholder(serial) ? undefined : serial
}

// machine-id(5) requires that the id stays on the machine; a hash keyed with it identifies the machine as well.
async function readMachineSerial(host: Host): Promise<string | undefined> {
  const machineId = await readText(host, '/etc/machine-id')
  if (machineId === undefined || !/^[0-9a-f]{32}$/.test(machineId)) return undefined
  return `mid-${createHmac('sha256', machineId).update('mason-agent').digest('hex').slice(0, 32)}`
}
