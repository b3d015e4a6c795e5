import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { findRunning } from '../packages/server/src/core/db/embedded.ts'
import { startChild } from './child.ts'
import { onClose } from './closing.ts'
import type { Measured } from './cpu.ts'

/** The real server in its own process, with its own data. */
export interface Platform {
  pid: number
  postgresPid: number
  port: number
  mqttPort: number
  ownerKey: string
  /** Its own PostgreSQL, which the floors use as well. */
  connection: pg.ClientConfig
  /** Ends the server at once; its PostgreSQL goes on. */
  kill(): Promise<void>
}

/** Where a platform is that is kept, or that starts again where it was. */
interface Place {
  dataDir?: string
  port?: number
  mqttPort?: number
  /** Further settings. */
  settings?: Record<string, string>
}

const main = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))

/** @param flags of Node. */
export async function startPlatform(flags: string[], place: Place = {}): Promise<Platform> {
  const dataDir = place.dataDir ?? (await mkdtemp(path.join(tmpdir(), 'mason-bench-')))
  if (place.dataDir === undefined) onClose(() => rm(dataDir, { recursive: true, force: true }))
  onClose(() => stopPostgres(dataDir))
  const mqttPort = place.mqttPort ?? (await findFreePort())
  const { pid, announced, kill } = await startChild([...flags, main, 'serve'], /is ready at \S+:(\d+)\n/, {
    env: {
      PATH: process.env.PATH,
      DATA_DIR: dataDir,
      PORT: String(place.port ?? 0),
      MQTT_PORT: String(mqttPort),
      LOG_LEVEL: 'warn',
      RATE_LIMIT_PER_SECOND: '1000000000',
      RATE_LIMIT_BURST: '1000000000',
      ...place.settings,
    },
  })
  const ownerKey = readFileSync(path.join(dataDir, 'owner-key'), 'utf8').trim()
  const postgresPid = readPostgresPid(dataDir) ?? 0
  const connection = await findRunning(dataDir)
  if (!connection) throw new Error("The server's PostgreSQL does not answer")
  return { pid, postgresPid, port: Number(announced), mqttPort, ownerKey, connection, kill }
}

/** Finds a free port, because MQTT_PORT 0 means no MQTT. */
export function findFreePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

/** The processes that work while the platform is measured. */
export function processesOf({ pid, postgresPid }: Platform): Record<string, Measured> {
  return { server: { pid }, PostgreSQL: { pid: postgresPid, withChildren: true }, client: { pid: process.pid } }
}

/** Stops PostgreSQL, which a killed server leaves running. */
async function stopPostgres(dataDir: string): Promise<void> {
  const pid = readPostgresPid(dataDir)
  if (pid === undefined) return
  process.kill(pid, 'SIGINT')
  while (readPostgresPid(dataDir) !== undefined) await sleep(20)
}

function readPostgresPid(dataDir: string): number | undefined {
  const file = path.join(dataDir, 'postgres', 'postmaster.pid')
  return existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : undefined
}

/** Flags for a CPU profile of the server. */
export const profiled = (folder: string | undefined): string[] =>
  folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${path.resolve(folder)}`]
