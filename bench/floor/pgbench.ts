import { existsSync, globSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type pg from 'pg'
import { runChild } from '../child.ts'
import { onClose } from '../closing.ts'

const script = `\\set id random(1, :devices)
INSERT INTO floor_checkin VALUES (:id, :document) ON CONFLICT (id) DO UPDATE SET document = excluded.document;
`

/** Finds pgbench: the newest of Debian's packages, or the one on the PATH; undefined when there is none. */
export function findPgbench(): string | undefined {
  const folders = (process.env.PATH ?? '').split(':').map((folder) => path.join(folder, 'pgbench'))
  return [...globSync('/usr/lib/postgresql/*/bin/pgbench').sort().reverse(), ...folders].find(existsSync)
}

/** Prepares a function that measures with pgbench: 32 clients, one committed row at a time. */
export async function preparePgbench(pgbench: string, connection: pg.ClientConfig) {
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-bench-'))
  onClose(() => rm(folder, { recursive: true, force: true }))
  const file = path.join(folder, 'upsert.sql')
  await writeFile(file, script)
  return async ({ devices, document, seconds }: { devices: number; document: string; seconds: number }) => {
    const output = await runChild(pgbench, [
      ...['-n', '-M', 'prepared', '-c', '32', '-j', '2', '-T', String(seconds), '-f', file],
      ...['-D', `devices=${devices}`, '-D', `document=${document}`],
      ...['-h', String(connection.host), '-p', String(connection.port), '-U', String(connection.user)],
      String(connection.database),
    ])
    return Number(/tps = ([\d.]+)/.exec(output)?.[1])
  }
}
