import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Host } from '../src/host/host.ts'

export interface Fixture {
  /** Contents by absolute path; a path that ends in `/` is an empty directory. */
  files?: Record<string, string>
  /** Standard output by command line; any other command is missing. */
  commands?: Record<string, string>
  interfaces?: ReturnType<Host['networkInterfaces']>
  /** In which the program runs; none by default. */
  timezone?: string
}

/** Builds a machine out of a temporary directory; disposing of it removes the directory. */
export async function fixtureHost({ files = {}, commands = {}, interfaces = {}, timezone = '' }: Fixture) {
  const root = await mkdtemp(join(tmpdir(), 'mason-agent-'))
  for (const [path, content] of Object.entries(files)) {
    const isDirectory = path.endsWith('/')
    await mkdir(join(root, isDirectory ? path : dirname(path)), { recursive: true })
    if (!isDirectory) await writeFile(join(root, path), content)
  }
  const host: Host = {
    root,
    exec: async (program, args) => commands[[program, ...args].join(' ')],
    networkInterfaces: () => interfaces,
    timezone: () => timezone,
  }
  return { ...host, [Symbol.asyncDispose]: () => rm(root, { recursive: true }) }
}

/** An IPv4 address of an interface as node:os describes it. */
export const ipv4 = (address: string) => ({
  address,
  netmask: '255.255.255.0',
  family: 'IPv4' as const,
  mac: '02:00:00:00:00:01',
  internal: false,
  cidr: `${address}/24`,
})
