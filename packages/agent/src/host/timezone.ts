import { readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isTimezone } from '@mason/contract/window'
import { type Host, readText } from './host.ts'

/** The IANA time zone that the host is set to; undefined when it has no name that others know. */
export async function readTimezone(host: Host): Promise<string | undefined> {
  const link = await readlink(join(host.root, '/etc/localtime')).catch(() => '')
  const names = [/zoneinfo\/(.+)$/.exec(link)?.[1], await readText(host, '/etc/timezone'), host.timezone()]
  return names.find((name) => name !== undefined && isTimezone(name))
}
