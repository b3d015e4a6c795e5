import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { runChild } from '../child.ts'

/** The packages that are measured; they are no dependencies of the project. */
const versions = { directus: '12.4.0', 'parse-server': '9.10.0', postgraphile: '5.1.5', express: '5.2.1' }

/** Where they lie. */
export const peersFolder = fileURLToPath(new URL('../../.cache/peers', import.meta.url))

/** Installs them by npm unless they are there; no package may run a script. */
export async function installPeers(): Promise<void> {
  const wanted = `${JSON.stringify({ private: true, dependencies: versions }, null, 2)}\n`
  const [manifest, done] = [path.join(peersFolder, 'package.json'), path.join(peersFolder, 'installed.json')]
  if (existsSync(done) && (await readFile(done, 'utf8')) === wanted) return
  process.stderr.write(`installing ${Object.keys(versions).join(', ')} into ${peersFolder}\n`)
  await mkdir(peersFolder, { recursive: true })
  await writeFile(manifest, wanted)
  await runChild('npm', ['install', '--prefix', peersFolder, '--ignore-scripts', '--no-audit', '--no-fund'])
  await standInForIsolates()
  await writeFile(done, wanted)
}

/** Directus runs code of others in isolates, whose library would have to be compiled; none is run here. */
async function standInForIsolates(): Promise<void> {
  const folder = path.join(peersFolder, 'node_modules/isolated-vm/out')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'isolated_vm.js'), 'exports.ivm = {}\n')
}

/** Loads a module of theirs, or finds its file. */
export const requirePeer = createRequire(path.join(peersFolder, 'package.json'))

export const versionOf = (name: keyof typeof versions) => versions[name]
