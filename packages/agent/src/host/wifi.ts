import type { Connection } from '@mason/contract/connection'
import { type Host, readText } from './host.ts'
import { addressOf, interfacePath, isInterfaceUp, type NetworkInterface } from './network.ts'

interface Link {
  ssid?: string
  bssid?: string
}

/** The state of the host's wireless interface, or the first with an address of several. */
export async function readWifi(host: Host, interfaces: readonly NetworkInterface[]): Promise<Connection['wifi']> {
  const wireless = interfaces.filter(({ type }) => type === 'wifi')
  const name = (wireless.find((one) => addressOf(host, one.name) !== undefined) ?? wireless[0])?.name
  if (name === undefined) return undefined
  const adapterMacAddress = await readText(host, `${interfacePath(name)}/address`)
  const ipaddress = addressOf(host, name)
  return {
    enabled: await isInterfaceUp(host, name),
    ...(adapterMacAddress !== undefined && { adapterMacAddress }),
    ...(ipaddress !== undefined && { ipaddress }),
    ...((await linkFromIw(host, name)) ?? (await linkFromIwgetid(host, name))),
  }
}

async function linkFromIw(host: Host, name: string): Promise<Link | undefined> {
  const output = await host.exec('iw', ['dev', name, 'link'])
  if (output === undefined) return undefined
  const bssid = /^Connected to ([0-9a-f:]{17})/im.exec(output)?.[1]
  const ssid = /^\s*SSID: (.+)$/m.exec(output)?.[1]
  return { ...(bssid !== undefined && { bssid }), ...(ssid !== undefined && { ssid: unescapeSsid(ssid) }) }
}

async function linkFromIwgetid(host: Host, name: string): Promise<Link> {
  const ssid = (await host.exec('iwgetid', [name, '--raw']))?.trim()
  const bssid = (await host.exec('iwgetid', [name, '--ap', '--raw']))?.trim()
  return { ...(bssid && { bssid }), ...(ssid && { ssid }) }
}

/** Decodes iw's `\xNN` escapes of bytes that are not printable ASCII; returns the input when the result is not printable. */
function unescapeSsid(escaped: string): string {
  const bytes = Buffer.from(
    escaped.replace(/\\x([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return /\p{Cc}/u.test(text) ? escaped : text
  } catch {
    return escaped
  }
}
