import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

const main = path.resolve(import.meta.dirname, '../src/main.ts')
const root = path.resolve(import.meta.dirname, '../../..')

/** The program as an operator runs it: its own process, with nothing but an environment. */
export interface Program {
  child: ChildProcess
  url: string
  /** The owner key, when this start printed one. */
  ownerKey: string | undefined
  output(): string
  /** Its exit code, once it has ended. */
  ended: Promise<number | null>
  /** Signals it and waits for its end; returns the exit code. */
  end(signal?: NodeJS.Signals): Promise<number | null>
}

export const emptyDataDir = () => mkdtemp(path.join(tmpdir(), 'mason-program-'))

/** A folder of its own; in tests with a PostgreSQL in it that has been migrated, for to make one takes longer than most tests. */
export async function newDataDir(): Promise<string> {
  const folder = await emptyDataDir()
  const { PREPARED_DATA_DIR: prepared } = process.env
  if (prepared !== undefined) await promisify(execFile)('cp', ['-a', `${prepared}/.`, folder])
  return folder
}

const environmentOf = (environment: Record<string, string>) => ({
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  PORT: '0',
  MQTT_PORT: '0',
  DRAIN_SECONDS: '0',
  LOG_LEVEL: 'warn',
  ...environment,
})

/** Runs one command to its end. */
export async function runCommand(
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [main, ...args], {
    env: environmentOf(environment),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child)
  const [code] = await once(child, 'close')
  return { code, output: output() }
}

interface Start {
  command?: 'node' | 'npm'
  /** How many files and sockets the server may have open. */
  openFiles?: number
}

/** Starts the server, by itself or by `npm start`, and waits until it says that it is ready. */
export async function startProgram(
  environment: Record<string, string>,
  { command = 'node', openFiles }: Start = {},
): Promise<Program> {
  const words = command === 'npm' ? ['npm', 'start'] : [process.execPath, main, 'serve']
  const limit = openFiles === undefined ? [] : ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(openFiles)]
  const [file = '', ...args] = [...limit, ...words]
  const child = spawn(file, args, {
    cwd: root,
    env: { npm_config_update_notifier: 'false', ...environmentOf(environment) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child)
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const isReady = () => /ready at (\S+)/.exec(output())?.[1]
  while (!isReady()) {
    const isOver = await Promise.race([once(child.stdout ?? child, 'data').then(() => false), ended.then(() => true)])
    if (isOver && !isReady()) throw new Error(`the program ended: ${output()}`)
  }
  return {
    child,
    url: isReady() ?? '',
    ownerKey: /Owner key: (\S+)/.exec(output())?.[1],
    output,
    ended,
    end: async (signal = 'SIGTERM') => {
      child.kill(signal)
      return ended
    },
  }
}

/** The process of the PostgreSQL that the program runs on this directory. */
export const postmasterPid = async (dataDir: string) =>
  Number((await readFile(path.join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n')[0])

export const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

function collect(child: ChildProcess): () => string {
  let text = ''
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk) => {
      text += chunk
    })
  return () => text
}
