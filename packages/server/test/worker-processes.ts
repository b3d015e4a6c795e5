import type pg from 'pg'
import { freePort } from './free-port.ts'
import { startProgram } from './program.ts'

/** How many worker processes serve what the tests ask, where the run says so; the node of the harness does otherwise. */
export const workers = process.env.TEST_WORKERS

export interface Served {
  url?: string
  mqttPort?: number
  stop?(): Promise<unknown>
}

/** How a program reaches a database of the tests. */
export const urlOf = ({ host = '', port, user, database }: pg.ClientConfig) =>
  `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`

/** The program with these workers on a database of the tests, as a node beside that of the harness. */
export async function startWorkers(
  environment: Record<string, string>,
  connection: pg.ClientConfig,
  areJobsRunning: boolean,
): Promise<Served> {
  const mqttPort = await freePort()
  const program = await startProgram({
    RATE_LIMIT_PER_SECOND: '1000000',
    RATE_LIMIT_BURST: '1000000',
    // Many platforms share one PostgreSQL.
    DATABASE_POOL_SIZE: '4',
    // Without the jobs, a test does what it needs of them, when it needs it.
    ...(!areJobsRunning && { ROLE: 'api,gateway' }),
    ...environment,
    DATABASE_URL: urlOf(connection),
    MQTT_PORT: String(mqttPort),
    WORKERS: workers ?? '',
  })
  return { url: program.url, mqttPort, stop: () => program.end('SIGTERM') }
}
