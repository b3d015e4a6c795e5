import { readdir, readFile } from 'node:fs/promises'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { type Exec, runCommand } from './exec.ts'

/** The machine that the agent reports on; in tests a directory tree that looks like one. */
export interface Host {
  /** The root of its file system. */
  root: string
  exec: Exec
  networkInterfaces: typeof networkInterfaces
  /** The IANA time zone that this program runs in. */
  timezone: () => string
}

/** The machine this program runs on. */
export const thisHost: Host = {
  root: '/',
  exec: runCommand,
  networkInterfaces,
  timezone: () => new Intl.DateTimeFormat().resolvedOptions().timeZone,
}

/**
 * Reads a small file such as those of sysfs.
 *
 * @returns its text without NULs and surrounding white space; undefined when it is missing, unreadable or empty.
 */
export async function readText(host: Host, path: string): Promise<string | undefined> {
  try {
    const text = await readFile(join(host.root, path), 'utf8')
    return text.replaceAll('\0', '').trim() || undefined
  } catch {
    return undefined
  }
}

/** The sorted entries of a directory; none when it is missing or unreadable. */
export async function listDirectory(host: Host, path: string): Promise<string[]> {
  try {
    return (await readdir(join(host.root, path))).sort()
  } catch {
    return []
  }
}
