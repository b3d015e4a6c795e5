import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import { build } from 'vite'

const root = import.meta.dirname
const output = path.join(root, 'dist')
/** What the build is made of. */
const sources = ['src', 'index.html', 'vite.config.ts', '../contract/src', '../sdk/src', '../../package-lock.json']
const compressible = /\.(m?js|css|svg|json)$/

/** Builds the Controller unless what was built is newer than everything that it is made of. */
async function buildIfStale(): Promise<void> {
  const builtAt = await modifiedAt(path.join(output, 'index.html')).catch(() => 0)
  const changedAt = Math.max(...(await Promise.all(sources.map((source) => newest(path.join(root, source))))))
  if (builtAt > changedAt) return
  console.log('Building the Controller…')
  await rm(output, { recursive: true, force: true })
  await build({ root, logLevel: 'warn' })
  await compressAssets()
}

/** Writes a brotli and a gzip twin of every text, so that serving one costs nothing. */
async function compressAssets(): Promise<void> {
  const folder = path.join(output, 'assets')
  const names = (await readdir(folder)).filter((name) => compressible.test(name))
  await Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name)
      const content = await readFile(file)
      const params = { [constants.BROTLI_PARAM_QUALITY]: 9, [constants.BROTLI_PARAM_SIZE_HINT]: content.length }
      await writeFile(`${file}.br`, await promisify(brotliCompress)(content, { params }))
      await writeFile(`${file}.gz`, await promisify(gzip)(content, { level: 9 }))
    }),
  )
}

async function newest(file: string): Promise<number> {
  if (!(await stat(file)).isDirectory()) return modifiedAt(file)
  const entries = await readdir(file, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name))
  return Math.max(0, ...(await Promise.all(files.map(modifiedAt))))
}

async function modifiedAt(file: string): Promise<number> {
  return (await stat(file)).mtimeMs
}

// Whoever runs tests has set it to something else, and React would come in its larger edition.
process.env.NODE_ENV = 'production'
await buildIfStale()
