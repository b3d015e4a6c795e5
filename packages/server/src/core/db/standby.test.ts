import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { startFault } from '../../../test/start.ts'
import { Background } from '../background.ts'
import { toAppError } from '../http/errors.ts'
import { Database } from './database.ts'
import { type EmbeddedPostgres, startEmbedded } from './embedded.ts'
import { HotReads } from './hot.ts'

const log = { info: () => {}, error: () => {} }
let folder = ''
let standby: EmbeddedPostgres
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mason-standby-'))
  const start = () => startEmbedded(folder, log, new Background(log))
  await (await start()).stop()
  await writeFile(path.join(folder, 'postgres', 'standby.signal'), '')
  standby = await start()
})
afterAll(async () => {
  await standby.stop()
  await rm(folder, { recursive: true })
})

test('a standby is not asked for anything: that is an answer of 503, until it is the primary', async () => {
  const database = new Database({ ...standby.connection, max: 2 })
  const reads = new HotReads(standby.connection)
  const one = { name: 'one', text: 'SELECT 1', values: [] }
  const ways = [() => database.query(one), () => database.transaction((tx) => tx.query(one)), () => reads.query(one)]
  for (const ask of ways) {
    const failure = await ask().then(
      () => new Error('it was asked'),
      (error: Error) => error,
    )
    expect(toAppError(failure), failure.message).toMatchObject({ status: 503 })
  }
  const { host, port, user } = standby.connection
  const url = `postgres://${user}@/postgres?host=${encodeURIComponent(String(host))}&port=${port}`
  expect(await startFault({ DATABASE_URL: url, DATA_DIR: path.join(folder, 'data') })).toContain('name the primary')

  const client = new pg.Client(standby.connection)
  await client.connect()
  await client.query('SELECT pg_promote()')
  await client.end()
  for (const ask of ways) await eventually(() => ask())
  await database.close()
  await reads.close()
})
