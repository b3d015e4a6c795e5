import { hash } from 'node:crypto'
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import { rolldown } from 'rolldown'
import manifest from './package.json' with { type: 'json' }
import type { AgentPackage } from './src/package/package.ts'
import { tarOf } from './src/package/tar.ts'

const root = import.meta.dirname
const output = path.join(root, 'dist')
/** What the package is made of. */
const sources = ['build.ts', 'package.json', 'src', '../contract/src', '../sdk/src', '../../package-lock.json']

const readme = `# mason-agent

The device side of the Mason Platform on Linux, for Node 20 and newer. Everything that it needs is in one file.

    mason-agent install --server https://mason.example --token enroll_…

enrolls the host and starts the agent as a systemd service. \`mason-agent --help\` describes the other commands.
`

/** Packs the agent unless what was packed is newer than everything that it is made of. */
async function buildIfStale(): Promise<void> {
  const builtAt = await modifiedAt(path.join(output, 'mason-agent.json')).catch(() => 0)
  const changedAt = Math.max(...(await Promise.all(sources.map((source) => newest(path.join(root, source))))))
  if (builtAt > changedAt) return
  console.log('Packing the agent…')
  const program = await bundle()
  const build = hash('sha256', program)
  const archive = gzipSync(
    tarOf([
      { name: 'package/package.json', content: packageOf(build) },
      { name: 'package/README.md', content: readme },
      { name: 'package/mason-agent.js', content: program, isExecutable: true },
    ]),
    { level: 9 },
  )
  const described: AgentPackage = {
    version: manifest.version,
    build,
    sha256: hash('sha256', archive),
    size: archive.length,
  }
  await mkdir(output, { recursive: true })
  await replace('mason-agent.tgz', archive)
  await replace('mason-agent.json', `${JSON.stringify(described)}\n`)
}

/** The program and all of its dependencies as one file of plain JavaScript. */
async function bundle(): Promise<string> {
  const bundled = await rolldown({
    input: path.join(root, 'src/main.ts'),
    platform: 'node',
    transform: { target: 'node20' },
    // Accelerators of ws, which does without them.
    external: ['bufferutil', 'utf-8-validate'],
    resolve: {
      alias: {
        undici$: path.join(root, 'src/packed/undici.ts'),
        '@lydell/node-pty': path.join(root, 'src/packed/node-pty.ts'),
      },
    },
    logLevel: 'warn',
  })
  const { output: chunks } = await bundled.generate({
    format: 'esm',
    codeSplitting: false,
  })
  await bundled.close()
  const [chunk, ...others] = chunks
  if (others.length > 0) throw new Error(`the bundle has ${others.length} more files than one`)
  return chunk.code
}

const packageOf = (build: string) =>
  `${JSON.stringify(
    {
      name: 'mason-agent',
      version: manifest.version,
      description: 'The device side of the Mason Platform on Linux',
      license: 'UNLICENSED',
      type: 'module',
      engines: { node: '>=20' },
      bin: { 'mason-agent': 'mason-agent.js' },
      build,
    },
    undefined,
    2,
  )}\n`

/** Whoever reads it meanwhile has the old one or the new one. */
async function replace(name: string, content: string | Buffer): Promise<void> {
  const file = path.join(output, name)
  await writeFile(`${file}.${process.pid}`, content)
  await rename(`${file}.${process.pid}`, file)
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

await buildIfStale()
