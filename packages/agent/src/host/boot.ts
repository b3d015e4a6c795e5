import { type Host, readText } from './host.ts'

/** The kernel's id of this boot. */
export function readBootId(host: Host): Promise<string | undefined> {
  return readText(host, '/proc/sys/kernel/random/boot_id')
}

/** When the host booted. */
export async function readBootTime(host: Host): Promise<Date | undefined> {
  const seconds = /^btime (\d+)$/m.exec((await readText(host, '/proc/stat')) ?? '')?.[1]
  return seconds === undefined ? undefined : new Date(Number(seconds) * 1000)
}
