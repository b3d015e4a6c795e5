import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync } from 'node:fs'
import path from 'node:path'
import type { Background } from '../src/core/background.ts'
import { type EmbeddedPostgres, embeddedConnection } from '../src/core/db/embedded.ts'
import { identity, isRoot, nobody } from '../src/core/db/postgres-process.ts'
import { type Log, Postmaster } from '../src/core/db/postmaster.ts'

/**
 * Starts a PostgreSQL of the programs in a folder, for instance of one of Debian's packages.
 *
 * @param dataDir a folder that is empty.
 */
export async function startInstalled(
  programs: string,
  dataDir: string,
  background: Background,
): Promise<EmbeddedPostgres> {
  const cluster = path.join(dataDir, 'postgres')
  mkdirSync(cluster)
  if (isRoot) chownSync(cluster, nobody, nobody)
  const flags = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8']
  // Older ones leave their folder for a moment and come back.
  chmodSync(dataDir, 0o755)
  execFileSync(path.join(programs, 'initdb'), ['-D', cluster, ...flags], { cwd: '/', stdio: 'pipe', ...identity })
  const connection = embeddedConnection(dataDir)
  const binaries = { initdb: '', postgres: path.join(programs, 'postgres'), major: '' }
  const log: Log = { info: () => {}, error: console.error }
  const running = new Postmaster({
    ...{ binaries, cluster, connection, connections: 0, log },
    restart: background.loop('restart-postgres'),
  })
  await running.start()
  return { connection, stop: () => running.stop() }
}
