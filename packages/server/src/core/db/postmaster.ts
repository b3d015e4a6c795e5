import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import type { Loop } from '../background.ts'
import type { Binaries } from './postgres-binaries.ts'
import { answers, here, identity, isAlive, runningPid, socketFolder, socketPort } from './postgres-process.ts'

const startTimeoutMs = 60_000
const maxSpawns = 6
const farewellMs = 2_000

export interface Log {
  info(message: string): void
  error(message: string): void
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '')
  return text.trimEnd().split('\n').slice(-5).join('\n')
}

interface Options {
  binaries: Binaries
  cluster: string
  connection: pg.ClientConfig
  /** How many connections nodes make. */
  connections: number
  log: Log
  restart: Loop
}

/** A running PostgreSQL on one directory: started, watched over and ended. */
export class Postmaster {
  readonly #binaries: Binaries
  readonly #cluster: string
  readonly #connection: pg.ClientConfig
  readonly #connections: number
  readonly #log: Log
  readonly #restart: Loop
  #child: ChildProcess | undefined
  #isStopping = false

  constructor({ binaries, cluster, connection, connections, log, restart }: Options) {
    this.#binaries = binaries
    this.#cluster = cluster
    this.#connection = connection
    this.#connections = connections
    this.#log = log
    this.#restart = restart
  }

  /** Returns once it answers, whether it was started here or found running. */
  async start(): Promise<void> {
    const deadline = performance.now() + startTimeoutMs
    let respawnAt = 0
    for (let spawns = 0; !this.#isStopping; await sleep(30)) {
      this.#connection.host = socketFolder(this.#cluster)
      if (await answers(this.#connection)) return
      const mayStart = !this.#child && !runningPid(this.#cluster) && performance.now() >= respawnAt
      if (mayStart && spawns < maxSpawns) {
        this.#spawn()
        // After a kill -9 the old backends hold the shared memory for a moment, so the first tries may fail.
        respawnAt = performance.now() + 250 * 2 ** spawns++
      } else if (mayStart || performance.now() > deadline) {
        throw new Error(`PostgreSQL did not start. The end of ${this.#logFile}:\n${await tail(this.#logFile)}`)
      }
    }
  }

  get #logFile(): string {
    return path.join(this.#cluster, 'postgres.log')
  }

  #spawn(): void {
    const settings = Object.entries(serverSettings(this.#connections)).flatMap(([name, value]) => [
      '-c',
      `${name}=${value}`,
    ])
    const child = spawn(
      '/bin/sh',
      ['-c', 'exec "$0" "$@" >> postgres.log 2>&1', this.#binaries.postgres, '-D', here ?? this.#cluster, ...settings],
      // Its own group: Ctrl-C in a terminal reaches the server alone, which then ends PostgreSQL in order.
      { cwd: this.#cluster, ...identity, stdio: 'ignore', detached: true },
    )
    this.#child = child
    const forget = () => {
      if (this.#child === child) this.#child = undefined
    }
    child.once('error', forget)
    child.once('exit', forget)
  }

  /** Starts it again whenever it is gone. */
  supervise(): void {
    const look = async () => {
      if (this.#isStopping) return
      if (!runningPid(this.#cluster)) {
        this.#log.error('PostgreSQL is gone; starting it again')
        await this.#restart.run(() => this.start())
      }
      setTimeout(look, 250).unref()
    }
    setTimeout(look, 250).unref()
  }

  /** Leaves it running, for it is another process's. */
  abandon(): void {
    this.#isStopping = true
    this.#child?.unref()
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    const pid = runningPid(this.#cluster)
    if (!pid) return
    // SIGINT is PostgreSQL's fast shutdown: it rolls back what is open and writes a checkpoint.
    process.kill(pid, 'SIGINT')
    while (isAlive(pid) && existsSync(path.join(this.#cluster, 'postmaster.pid'))) await sleep(20)
    // One that was adopted may stay a zombie for as long as nobody reaps it.
    for (const deadline = performance.now() + farewellMs; isAlive(pid) && performance.now() < deadline; ) await sleep(5)
  }
}

function serverSettings(connections: number): Record<string, string | number> {
  const megabytes = totalmem() / 2 ** 20
  return {
    listen_addresses: '',
    port: socketPort,
    unix_socket_directories: here ?? '.',
    unix_socket_permissions: '0700',
    // Commands of the operator need some too.
    max_connections: Math.max(200, connections + 50),
    // What lies outside is copied from the kernel's cache page by page: 0.1 ms each on a busy machine.
    shared_buffers: `${Math.floor(Math.min(8192, Math.max(128, megabytes / 4)))}MB`,
    effective_cache_size: `${Math.floor(Math.max(256, megabytes / 2))}MB`,
    max_wal_size: '4GB',
    // After each one, the first change of a page writes all of it to the log.
    checkpoint_timeout: '30min',
    random_page_cost: 1.1,
    jit: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    log_min_messages: 'warning',
    log_checkpoints: 'off',
  }
}
