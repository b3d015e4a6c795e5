import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants, createReadStream } from 'node:fs'
import { chmod, lstat, mkdir, open, readdir, rename, rm, stat, symlink, utimes } from 'node:fs/promises'
import { hostname, constants as osConstants, userInfo } from 'node:os'
import { dirname, join } from 'node:path'
import { type Duplex, PassThrough, type Readable, Writable } from 'node:stream'
import { type IPty, spawn as spawnTerminal } from '@lydell/node-pty'
import type { AdbHost, AdbProcess, FileSink, FileState } from './adb/adb-host.ts'
import { portAt } from './xray.ts'

const defaultRows = 24
const defaultColumns = 80
const readBytes = 64 * 1024
/** A terminal is not read any further while so much waits. */
const aheadBytes = 256 * 1024
/** For what runs to end by itself, once it has been hung up on. */
const graceMs = 2_000

/** This machine, as the user that the agent runs as sees it. */
export const linuxHost = (reboot: (mode: string) => void): AdbHost => ({
  properties: {
    'ro.product.name': 'linux',
    'ro.product.model': hostname().replaceAll(/[;=]/g, '_'),
    'ro.product.device': process.arch,
  },
  run: (line, terminal) => (terminal === undefined ? runWithPipes(line) : runInTerminal(line, terminal)),
  stat: stateOf,
  list: async (path) => {
    const names = ['.', '..', ...(await readdir(path))]
    const states = await Promise.all(names.map(async (name) => ({ name, state: await stateOf(join(path, name)) })))
    return states.flatMap(({ name, state }) => (state ? [{ name, ...state }] : []))
  },
  read: async (path) => {
    const handle = await open(path, constants.O_RDONLY)
    if ((await handle.stat()).isDirectory()) {
      await handle.close()
      throw new Error(`${path} is a directory`)
    }
    return createReadStream('', { fd: handle, highWaterMark: readBytes }) as AsyncIterable<Buffer>
  },
  write: (path, mode) => ((mode & 0o170000) === 0o120000 ? linkSink(path) : fileSink(path, mode)),
  connect: connectTo,
  reboot,
})

/** A path that begins with a zero byte is one of Linux's abstract names. */
function connectTo(address: string): Promise<Duplex> {
  const [, kind, name = ''] = /^(\w+):(.*)$/.exec(address) ?? []
  return portAt(kind === 'tcp' ? { host: '127.0.0.1', port: Number(name) } : { path: `\0${name}` })()
}

async function stateOf(path: string, follows = false): Promise<FileState | undefined> {
  try {
    const { mode, size, mtimeMs } = await (follows ? stat : lstat)(path)
    return { mode, size, modified: mtimeMs / 1000 }
  } catch {
    return undefined
  }
}

/** What is written lies beside its place until it is whole. */
async function fileSink(path: string, mode: number): Promise<FileSink> {
  if ((await stateOf(path)) && (await lstat(path)).isDirectory()) throw new Error(`${path} is a directory`)
  await mkdir(dirname(path), { recursive: true })
  const part = join(dirname(path), `.${randomBytes(6).toString('hex')}.part`)
  const handle = await open(part, 'wx', 0o600)
  return {
    write: async (piece) => void (await handle.writeFile(piece)),
    commit: async (modified) => {
      await handle.close()
      await chmod(part, mode & 0o7777 || 0o644)
      await utimes(part, modified, modified)
      await rename(part, path)
    },
    abort: async () => {
      await handle.close().catch(() => {})
      await rm(part, { force: true })
    },
  }
}

async function linkSink(path: string): Promise<FileSink> {
  const parts: Buffer[] = []
  return {
    write: async (piece) => void parts.push(Buffer.from(piece)),
    commit: async () => {
      await mkdir(dirname(path), { recursive: true })
      await rm(path, { force: true })
      await symlink(Buffer.concat(parts).toString().replace(/\0+$/, ''), path)
    },
    abort: async () => {},
  }
}

const shell = () => process.env.SHELL || '/bin/sh'
const argumentsOf = (line: string) => (line === '' ? [] : ['-c', line])

/** Nothing that the agent was started with is any business of a shell, but where programs are. */
const environment = (terminal?: string): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: process.env.HOME ?? userInfo().homedir,
  ...(process.env.LANG !== undefined && { LANG: process.env.LANG }),
  ...(terminal !== undefined && { TERM: terminal }),
})

function runWithPipes(line: string): AdbProcess {
  // A group of its own, so that all of it can be ended.
  const child = spawn('/bin/sh', argumentsOf(line), { cwd: '/', env: environment(), detached: true, stdio: 'pipe' })
  const { stdin, stdout, stderr } = child
  return {
    ...{ stdin, stdout, stderr },
    exit: exitOf(child),
    resize: () => {},
    hangUp: () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      signal(child.pid, 'SIGHUP')
      setTimeout(
        () => child.exitCode === null && child.signalCode === null && signal(child.pid, 'SIGKILL'),
        graceMs,
      ).unref()
    },
  }
}

const exitOf = (child: ChildProcess) =>
  new Promise<number>((resolve) => {
    child.once('error', () => resolve(127))
    child.once('exit', (code, name) => resolve(code ?? 128 + (name ? osConstants.signals[name] : 0)))
  })

function signal(pid: number | undefined, name: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, name)
  } catch {
    // It has ended meanwhile.
  }
}

function runInTerminal(line: string, terminal: string): AdbProcess {
  const pty = spawnTerminal(line === '' ? shell() : '/bin/sh', argumentsOf(line), {
    name: terminal,
    rows: defaultRows,
    cols: defaultColumns,
    cwd: '/',
    env: environment(terminal),
    encoding: null,
  })
  const stdout = outputOf(pty)
  let isOver = false
  const exit = new Promise<number>((resolve) => {
    pty.onExit(({ exitCode, signal: number = 0 }) => {
      isOver = true
      stdout.end()
      resolve(number > 0 ? 128 + number : exitCode)
    })
  })
  const kill = (name: string) => {
    try {
      if (!isOver) pty.kill(name)
    } catch {
      // It has ended meanwhile.
    }
  }
  return {
    stdin: new Writable({
      write: (bytes: Buffer, _encoding, done) => {
        if (!isOver) pty.write(bytes as unknown as string)
        done()
      },
    }),
    stdout,
    exit,
    resize: (rows, columns) => {
      if (!isOver) pty.resize(columns, rows)
    },
    hangUp: () => {
      kill('SIGHUP')
      setTimeout(() => kill('SIGKILL'), graceMs).unref()
    },
  }
}

/** A terminal whose output nobody takes is not read on. */
function outputOf(pty: IPty): PassThrough & Readable {
  const output = new PassThrough({ highWaterMark: aheadBytes })
  output.on('error', () => {})
  pty.onData((piece) => {
    if (output.writable && !output.write(piece as unknown as Buffer)) pty.pause()
  })
  output.on('drain', () => pty.resume())
  return output
}
