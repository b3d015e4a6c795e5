import type { Connection } from '@mason/contract/connection'
import { readBootTime } from './boot.ts'
import { type Host, readText } from './host.ts'
import { interfacePath, type NetworkInterface } from './network.ts'

/** The bytes that the host's wireless and mobile interfaces have carried since it booted. */
export async function readDataUsage(
  host: Host,
  interfaces: readonly NetworkInterface[],
  now: Date,
): Promise<Connection['dataUsage']> {
  const startTime = await readBootTime(host)
  if (!startTime || interfaces.length === 0) return undefined
  const usages = await Promise.all(
    (['wifi', 'mobile'] as const)
      .filter((type) => interfaces.some((one) => one.type === type))
      .map(async (type) => {
        const names = interfaces.filter((one) => one.type === type).map(({ name }) => name)
        const bytesReceived = await sumCounters(host, names, 'rx_bytes')
        const bytesSent = await sumCounters(host, names, 'tx_bytes')
        return { type, bytesReceived, bytesSent }
      }),
  )
  return { usageCycles: [{ startTime: startTime.toISOString(), endTime: now.toISOString(), usages }] }
}

async function sumCounters(host: Host, names: readonly string[], counter: 'rx_bytes' | 'tx_bytes'): Promise<number> {
  const texts = await Promise.all(names.map((name) => readText(host, `${interfacePath(name)}/statistics/${counter}`)))
  return texts.reduce((sum, text) => sum + (Number(text) || 0), 0)
}
