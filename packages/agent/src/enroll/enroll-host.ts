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
  /** First name of the device. */
  name?: string
  /** In place of what the hardware says. */
  family?: string
  /** In place of what the hardware says. */
  serial?: string
  /** The credential file. */
  state: string
}

/**
 * Enrols a host and stores its credential. A host that enrols again keeps its id and history and gets a new secret.
 *
 * @param call the sdk's; it tries again what passes by itself.
 * @throws ApiError, ConnectionError as `call` does; Error when there is no serial number, or the file cannot be written.
 */
export async function enrollHost(
  options: EnrollOptions,
  { host, call, log }: { host: Host; call: Client['call']; log: (line: string) => void },
): Promise<void> {
  const serial = await chooseSerial(options, host)
  log(`serial number ${serial.value} (from ${serial.source})`)
  const family = options.family ?? (await readFamily(host))
  const bootId = await readBootId(host)
  if (bootId === undefined) throw new Error('this host tells no boot id; is /proc mounted?')

  // The answer's secret would be lost, and the old one is dead by then.
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
  if (!found) throw new Error('this host has no serial number that could be read; give it one with --serial')
  return found
}
