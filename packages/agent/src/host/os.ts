import type { Report } from '../check-in/report.ts'
import { readDmi } from './dmi.ts'
import { type Host, readText } from './host.ts'
import { word } from './word.ts'

/**
 * The host's operating system, in the members that the device model defines for Android:
 *
 * - `masonOS.release`: `VERSION_ID` of os-release(5), absent on a rolling distribution
 * - `masonOS.incremental`: the kernel's release
 * - `configuration.device`: the model, DMI's product name, else the device tree's model
 * - `configuration.product`: vendor and model
 */
export async function readOs(host: Host): Promise<Report['os']> {
  const release = await readVersionId(host)
  const incremental = await readText(host, '/proc/sys/kernel/osrelease')
  const device = (await readDmi(host, 'product_name')) ?? (await readText(host, '/proc/device-tree/model'))
  const vendor = await readDmi(host, 'sys_vendor')
  const masonOS = {
    ...(release !== undefined && { release: word(release) }),
    ...(incremental !== undefined && { incremental: word(incremental) }),
  }
  const configuration = device !== undefined && {
    device: word(device),
    product: word(vendor === undefined ? device : `${vendor} ${device}`),
  }
  const os = {
    ...(configuration && { configuration }),
    ...(Object.keys(masonOS).length > 0 && { masonOS }),
  }
  return Object.keys(os).length > 0 ? os : undefined
}

async function readVersionId(host: Host): Promise<string | undefined> {
  const text = (await readText(host, '/etc/os-release')) ?? (await readText(host, '/usr/lib/os-release')) ?? ''
  return /^VERSION_ID=(["']?)(.+)\1$/m.exec(text)?.[2]
}
