import { listNodes } from '@mason/contract/node'
import { createClient } from '@mason/sdk/client'
import pg from 'pg'
import { expect, test } from 'vitest'
import { embeddedConnection } from '../src/core/db/embedded.ts'
import { emptyDataDir, newDataDir, runCommand } from './program.ts'
import { usePrograms } from './programs.ts'

const start = usePrograms()

test('the doctor finds a new installation in order, before its first start and beside a running server', async () => {
  const DATA_DIR = await emptyDataDir()
  const before = await runCommand(['doctor'], { DATA_DIR })
  expect(before.output).toContain('the first start makes it')
  expect(before.code).toBe(0)
  await start({ DATA_DIR })
  const beside = await runCommand(['doctor'], { DATA_DIR })
  expect(beside.output).toMatch(/^ok +nodes +1 of 1 run/m)
  expect(beside.output).toMatch(/^0 faults/m)
  expect(beside.code).toBe(0)
})

test('a fault ends it with 1; so does a setting that cannot be read', async () => {
  const DATA_DIR = await newDataDir()
  const away = await runCommand(['doctor'], { DATA_DIR, SMTP_URL: 'smtp://127.0.0.1:1' })
  expect(away.output).toMatch(/^fault +mail +SMTP_URL: /m)
  expect(away.code).toBe(1)
  const unread = await runCommand(['doctor'], { DATA_DIR, WORKERS: 'many' })
  expect(unread).toEqual({ code: 1, output: expect.stringContaining('WORKERS must be a number of processes') })
})

test('a node of few open files says so in the list of nodes, and by the doctor', async () => {
  const DATA_DIR = await newDataDir()
  const { url, ownerKey: key = '' } = await start({ DATA_DIR }, { openFiles: 1_000 })
  const { data } = await createClient({ baseUrl: url, key }).call(listNodes)
  expect(data[0]?.warnings).toContainEqual(expect.stringMatching(/1000 files open.*LimitNOFILE/))
  const { code, output } = await runCommand(['doctor'], { DATA_DIR })
  expect(output).toMatch(/^warning +nodes .*LimitNOFILE/m)
  expect(code).toBe(0)
})

test('a PostgreSQL that waits for a standby, or has no connection left, is named', async () => {
  const DATA_DIR = await newDataDir()
  await start({ DATA_DIR })
  const connect = async () => {
    const client = new pg.Client(embeddedConnection(DATA_DIR))
    client.on('error', () => {})
    await client.connect()
    return client
  }
  const admin = await connect()
  const set = async (name: string, value: string) => {
    await admin.query(`ALTER SYSTEM SET ${name} = '${value}'`)
    await admin.query('SELECT pg_reload_conf()')
  }
  await set('synchronous_standby_names', 'nobody')
  const waiting = await runCommand(['doctor'], { DATA_DIR })
  await set('synchronous_standby_names', '')
  expect(waiting.output).toMatch(/^fault +replication .*synchronous standby/m)
  expect(waiting.code).toBe(1)

  const { rows } = await admin.query<{ used: number }>(
    "SELECT count(*)::int AS used FROM pg_stat_activity WHERE backend_type = 'client backend'",
  )
  const crowd = await Promise.all(Array.from({ length: 185 - (rows[0]?.used ?? 0) }, connect))
  const crowded = await runCommand(['doctor'], { DATA_DIR })
  await Promise.all([admin, ...crowd].map((client) => client.end()))
  expect(crowded.output).toMatch(/^warning +database .*raise its max_connections/m)
  expect(crowded.code).toBe(0)
})
