import { machine } from 'node:os'
import { EnrollRequest } from '@mason/contract/enrollment'
import { Value } from 'typebox/value'
import { readDmi } from './dmi.ts'
import { type Host, readText } from './host.ts'

/** The host's hardware family: DMI's family or product, else the device tree's model, else `linux-<architecture>`. */
export async function readFamily(host: Host): Promise<string> {
  const candidates = [
    await readDmi(host, 'product_family'),
    await readDmi(host, 'product_name'),
    await readText(host, '/proc/device-tree/model'),
  ]
  const isFamily = (text: string | undefined): text is string => Value.Check(EnrollRequest.properties.family, text)
  return candidates.find(isFamily) ?? `linux-${machine()}`
}
