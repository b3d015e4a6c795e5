import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { inflate } from '@sparticuz/chromium'

/** A browser to start, and what it needs in its environment. */
export interface Chromium {
  executablePath: string
  env: Record<string, string>
}

const modules = path.resolve(import.meta.dirname, '../../../node_modules')
const installed = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** The package's own settings look for fonts in `/tmp`; a browser that has no font draws no text at all, not even in fonts of the page. */
const fontSettings = (cache: string) => `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir prefix="relative">fonts</dir><cachedir>${cache}</cachedir></fontconfig>
`

/** `CHROMIUM`, else the browser of this machine if it is at least as new as the one from npm, else that one. */
export async function findChromium(): Promise<Chromium> {
  if (process.env.CHROMIUM) return { executablePath: process.env.CHROMIUM, env: {} }
  const packaged = path.join(modules, '@sparticuz/chromium')
  const { version } = JSON.parse(await readFile(path.join(packaged, 'package.json'), 'utf8')) as { version: string }
  const executablePath = installed.find(
    (file) => existsSync(file) && majorVersion(file) >= Number.parseInt(version, 10),
  )
  return executablePath ? { executablePath, env: {} } : unpack(path.join(packaged, 'bin'), version)
}

function majorVersion(executable: string): number {
  try {
    const answer = execFileSync(executable, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
    return Number(/ (\d+)\./.exec(answer)?.[1] ?? 0)
  } catch {
    return 0
  }
}

/** Unpacks the browser from npm with its libraries and fonts, once: a folder that is there is whole. */
async function unpack(archives: string, version: string): Promise<Chromium> {
  const folder = path.join(modules, '.cache', `chromium-${version}`)
  if (!existsSync(folder)) {
    const unfinished = `${folder}-${process.pid}`
    await mkdir(unfinished, { recursive: true })
    await withTemporaryFolder(unfinished, () =>
      Promise.all(
        ['chromium.br', 'fonts.tar.br', 'swiftshader.tar.br', 'al2023.tar.br'].map((archive) =>
          inflate(path.join(archives, archive)),
        ),
      ),
    )
    await writeFile(path.join(unfinished, 'fonts/fonts.conf'), fontSettings(path.join(folder, 'fonts/cache')))
    // Another process may have been faster; its folder is as good.
    await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true }))
  }
  return {
    executablePath: path.join(folder, 'chromium'),
    env: { LD_LIBRARY_PATH: path.join(folder, 'al2023/lib'), FONTCONFIG_PATH: path.join(folder, 'fonts') },
  }
}

/** The package unpacks into the folder for temporary files; it can be told of no other. */
async function withTemporaryFolder(folder: string, work: () => Promise<unknown>): Promise<void> {
  const before = process.env.TMPDIR
  process.env.TMPDIR = folder
  try {
    await work()
  } finally {
    if (before === undefined) delete process.env.TMPDIR
    else process.env.TMPDIR = before
  }
}
