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
