import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'

const types: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json; charset=utf-8',
  '.woff2': 'font/woff2',
}

/** A file of the Controller whose name changes with its content, with what the build compressed. */
export interface Asset {
  type: string
  plain: Buffer
  br: Buffer | undefined
  gzip: Buffer | undefined
}

/** The built Controller. */
export interface ConsoleFiles {
  /** The page, with the words that stand for what is filled in. */
  page: string
  assets: ReadonlyMap<string, Asset>
}

/** Reads the built Controller, which is small enough to be kept; undefined where there is none. */
export function readConsole(folder: string): ConsoleFiles | undefined {
  const index = path.join(folder, 'index.html')
  if (!existsSync(index)) return undefined
  const assetFolder = path.join(folder, 'assets')
  const names = readdirSync(assetFolder)
  const read = (name: string) => (names.includes(name) ? readFileSync(path.join(assetFolder, name)) : undefined)
  const assets = names
    .filter((name) => path.extname(name) in types)
    .map((name): [string, Asset] => [
      name,
      {
        type: types[path.extname(name)] ?? '',
        plain: readFileSync(path.join(assetFolder, name)),
        br: read(`${name}.br`),
        gzip: read(`${name}.gz`),
      },
    ])
  return { page: readFileSync(index, 'utf8'), assets: new Map(assets) }
}
