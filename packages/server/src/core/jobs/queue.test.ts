import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { newDatabase } from '../../../test/databases.ts'
import { eventually } from '../../../test/eventually.ts'
import { Background } from '../background.ts'
import { enqueue, startQueue, type Task } from './queue.ts'

test('a job that takes long is not taken from a node that lives', async () => {
  const database = await newDatabase('template')
  const { promise: isOver, resolve: end } = Promise.withResolvers<void>()
  let runs = 0
  const task: Task<object> = {
    name: 'long',
    run: () => {
      runs++
      return isOver
    },
  }
  const startNode = () => startQueue(database, [task], new Background({ info: () => {}, error: console.error }))
  const jobs = async () =>
    (await database.query<{ locked: boolean }>(sql`SELECT locked_at IS NOT NULL AS locked FROM graphile_worker.jobs`))
      .rows
  const node = await startNode()
  await database.transaction((tx) => enqueue(tx, task, {}))
  await eventually(() => expect(runs).toBe(1))
  await database.query(sql`UPDATE graphile_worker._private_jobs SET locked_at = now() - interval '1 minute'`)
  // A node looks for the jobs of dead nodes when it starts.
  const other = await startNode()
  expect(await jobs()).toEqual([{ locked: true }])
  end()
  await eventually(async () => expect(await jobs()).toEqual([]))
  expect(runs).toBe(1)
  await Promise.all([node.stop(), other.stop()])
})

/** A queue of a node whose task notes what it has done, one after another. */
async function startNoting() {
  const database = await newDatabase('template')
  const done: string[] = []
  const task: Task<{ name: string }> = {
    name: 'named',
    run: async (_db, { name }) => {
      done.push(name)
    },
  }
  const background = new Background({ info: () => {}, error: () => {} })
  const node = await startQueue(database, [task], background)
  const add = (name: string, runAt?: Date) =>
    database.transaction((tx) => enqueue(tx, task, { name }, { queue: 'one by one', ...(runAt && { runAt }) }))
  return { database, done, node, add, renew: () => background.repeated.get('queue-renewal')?.turn() }
}

test('a job whose end could not be written is done again, and what waits behind it in its queue goes on', async () => {
  const { database, done, node, add } = await startNoting()
  await database.pool.query(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no end'; END $$;
    CREATE TRIGGER refuse BEFORE DELETE ON graphile_worker._private_jobs FOR EACH STATEMENT EXECUTE FUNCTION refuse()`)
  await add('first')
  await eventually(() => expect(done.length).toBeGreaterThan(1))
  await database.pool.query('DROP TRIGGER refuse ON graphile_worker._private_jobs')
  await add('second')
  await eventually(() => expect(done.at(-1)).toBe('second'))
  await node.stop()
})

test('a job that was taken while PostgreSQL went away is done, and what waits behind it in its queue', async () => {
  const { database, done, node, add, renew } = await startNoting()
  const hour = new Date(Date.now() + 3_600_000)
  await add('first', hour)
  await add('second', hour)
  await database.pool.query(`
    WITH taken AS (UPDATE graphile_worker._private_jobs
      SET run_at = now(), locked_at = now() - interval '1 minute', locked_by = (SELECT id FROM queue_worker)
      WHERE payload ->> 'name' = 'first' RETURNING locked_at, locked_by),
    others AS (UPDATE graphile_worker._private_jobs SET run_at = now() WHERE payload ->> 'name' = 'second')
    UPDATE graphile_worker._private_job_queues AS q SET locked_at = t.locked_at, locked_by = t.locked_by FROM taken AS t`)
  await renew()
  await eventually(() => expect(done.toSorted()).toEqual(['first', 'second']))
  await node.stop()
})
