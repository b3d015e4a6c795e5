import { Socket } from 'node:net'
import type pg from 'pg'
import sql from 'sql-template-tag'
import { afterAll, expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { toAppError } from '../http/errors.ts'
import { Database, type Db } from './database.ts'

const platform = usePlatform()
const closers: (() => Promise<void>)[] = []
afterAll(async () => {
  for (const close of closers) await close()
})

/** A database whose connections can be lost. */
function fragile() {
  const sockets = new Set<Socket>()
  const stream = () => {
    const socket = new Socket()
    sockets.add(socket)
    return socket
  }
  const options = platform.database.pool.options as pg.PoolConfig
  const database = new Database({ ...options, stream, max: 1 } as pg.PoolConfig)
  closers.push(() => database.close())
  return { database, sockets }
}

const losses: [string, (socket: Socket) => void][] = [
  ['is given up', (socket) => socket.destroy(Object.assign(new Error('silence'), { code: 'ETIMEDOUT' }))],
  ['is gone', (socket) => socket.destroy()],
  ['ends', (socket) => socket.end()],
]
const rows = Buffer.from('1\n'.repeat(100_000))
const statements: [string, (tx: Db) => Promise<unknown>][] = [
  ['a statement', (tx) => tx.query(sql`SELECT pg_sleep(0.1)`)],
  ['a prepared statement', (tx) => tx.query({ name: 'lost', text: 'SELECT pg_sleep(0.1)', values: [] })],
  ['a COPY', (tx) => tx.copy('COPY lost FROM STDIN', rows)],
  ['a savepoint', (tx) => tx.transaction((inner) => inner.query(sql`SELECT pg_sleep(0.1)`))],
]
const moments = ['before', 'as', 'after'] as const

const cases = losses.flatMap((loss) =>
  statements.flatMap((statement) => moments.map((moment) => ({ loss, statement, moment }))),
)

test.each(cases)(
  'a connection that $loss.0 $moment $statement.0 begins is an answer of 503',
  async ({ loss, statement, moment }) => {
    const { database, sockets } = fragile()
    const lose = () => {
      for (const socket of sockets) loss[1](socket)
    }
    const work = database.transaction(async (tx) => {
      await tx.query(sql`CREATE TEMP TABLE lost (number int) ON COMMIT DROP`)
      if (moment === 'before') lose()
      const done = statement[1](tx)
      if (moment === 'as') lose()
      if (moment === 'after') setImmediate(lose)
      await done
      // What was through before the loss.
      await tx.query(sql`SELECT 1`)
    })
    const failure = await work.then(
      () => undefined,
      (error: Error) => error,
    )
    if (failure) expect(toAppError(failure), failure.message).toMatchObject({ status: 503 })
    else expect(moment).toBe('after')
  },
)

test.each(['57014', '55P03', '40P01', '40001', '25006', '25P03', '53100'])(
  'what passes (%s) is an answer of 503',
  async (code) => {
    const raise = platform.database.query({
      name: `raise-${code}`,
      text: `DO $$ BEGIN RAISE EXCEPTION SQLSTATE '${code}'; END $$`,
      values: [],
    })
    const failure = await raise.catch((error: Error) => error)
    expect(toAppError(failure as Error)).toMatchObject({ status: 503 })
  },
)
