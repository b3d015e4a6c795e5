import { type Host, listDirectory, readText } from './host.ts'

/** A network interface and its kind of network. */
export interface NetworkInterface {
  name: string
  type: 'wifi' | 'mobile'
}

/** The path of a network interface in sysfs. */
export const interfacePath = (name: string) => `/sys/class/net/${name}`

/** The host's wireless and mobile interfaces, without wired and virtual ones. */
export async function listInterfaces(host: Host): Promise<NetworkInterface[]> {
  const names = await listDirectory(host, '/sys/class/net')
  const interfaces = await Promise.all(
    names.map(async (name): Promise<NetworkInterface | undefined> => {
      if (/^(wwan|rmnet|ppp)/.test(name)) return { name, type: 'mobile' }
      const entries = await listDirectory(host, interfacePath(name))
      return entries.includes('wireless') || entries.includes('phy80211') ? { name, type: 'wifi' } : undefined
    }),
  )
  return interfaces.filter((one) => one !== undefined)
}

/** Whether an interface is enabled (the kernel's IFF_UP), even if it is not connected. */
export async function isInterfaceUp(host: Host, name: string): Promise<boolean> {
  return (Number(await readText(host, `${interfacePath(name)}/flags`)) & 1) === 1
}

/** An interface's address: its first IPv4 address, else an IPv6 address that is not link-local. */
export function addressOf(host: Host, name: string): string | undefined {
  const addresses = host.networkInterfaces()[name] ?? []
  const ipv6 = addresses.find((one) => one.family === 'IPv6' && one.scopeid === 0)
  return (addresses.find((one) => one.family === 'IPv4') ?? ipv6)?.address
}
