import { enroll } from '@mason/contract/enrollment'
import type { Client } from '@mason/sdk/client'
import { writeCredential } from '../credential/credential.ts'
import { preparePrivateFile } from '../credential/private-file.ts'
import { readBootId } from '../host/boot.ts'
import { readFamily } from '../host/family.ts'
import type { Host } from '../host/host.ts'
import { readSerialNumber, type SerialNumber } from '../host/serial-number.ts'

export interface EnrollOptions {
  /** The platform's origin. */
  server: string
  token: string
  /** The device's name until an operator renames it. */
  name?: string
  /** Overrides what the hardware reports. */
  family?: string
  /** Overrides what the hardware reports. */
  serial?: string
  /** The credential file. */
  state: string
}

/**
 * Enrolls a host and stores its credential. A host that enrolls again keeps its id and history and gets a new secret.
 *
 * @param call the `call` of the sdk, which retries temporary failures.
 * @throws ApiError, ConnectionError as `call` does; Error when there is no serial number or the file cannot be written.
 */
export async function enrollHost(
  options: EnrollOptions,
  { host, call, log }: { host: Host; call: Client['call']; log: (line: string) => void },
): Promise<void> {
  const serial = await chooseSerial(options, host)
  log(`serial number ${serial.value} (from ${serial.source})`)
  const family = options.family ?? (await readFamily(host))
  const bootId = await readBootId(host)
  if (bootId === undefined) throw new Error('this host reports no boot id; is /proc mounted?')

  // Otherwise the new secret could be lost, when the old one is already invalid.
  await preparePrivateFile(options.state)
  const { token, name, server } = options
  const { id, secret, checkinSeconds, mqtt } = await call(enroll, {
    token,
    serialnumber: serial.value,
    family,
    bootId,
    ...(name !== undefined && { name }),
  })
  await writeCredential(options.state, { server, id, secret, checkinSeconds, ...(mqtt && { mqtt }) })
  log(`enrolled as ${id}, family ${family}; credential in ${options.state}`)
}

async function chooseSerial({ serial }: EnrollOptions, host: Host): Promise<SerialNumber> {
  if (serial !== undefined) return { value: serial, source: '--serial' }
  const found = await readSerialNumber(host)
  if (!found) throw new Error('no serial number can be read from this host; set one with --serial')
  return found
}
