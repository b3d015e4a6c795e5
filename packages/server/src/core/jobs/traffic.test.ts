import { expect, test } from 'vitest'
import { newDatabase } from '../../../test/databases.ts'
import { Traffic } from './traffic.ts'

test('a portion of background work begins when nobody is served late, and one day in any case', async () => {
  const database = await newDatabase('template')
  const traffic = new Traffic()
  let latenessMs = 60_000
  traffic.watch(() => latenessMs)
  const done: string[] = []
  const work = (name: string) => async () => {
    done.push(name)
  }
  await database.waiting(() => traffic.giveWay()).transaction(work('a portion, though somebody is late'))

  const giving = database.waiting(() => traffic.giveWay()).transaction(work('a portion'))
  await database.transaction(work('a request'))
  latenessMs = 0
  await giving
  expect(done).toEqual(['a portion, though somebody is late', 'a request', 'a portion'])
})
