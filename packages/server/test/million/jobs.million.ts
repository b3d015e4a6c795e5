import { expect, test } from 'vitest'
import { useFleet } from './fleet.ts'
import { expectLawful } from './laws.ts'
import { record } from './recorder.ts'

// What is looked after again and again works in portions, each a short transaction, however much has fallen due.

const fleet = useFleet(20, false)

/** Much that has fallen due, for the jobs that have much to do at times. */
const due: Readonly<Record<string, string>> = {
  'sweep-presence': `UPDATE device SET presence_due = now() - interval '1 hour', last_checkin = now() - interval '1 day'
    WHERE id IN (SELECT id FROM device WHERE online ORDER BY id LIMIT 50000)`,
  'expire-notifications': `UPDATE notification SET state = 'queued', finished_at = NULL, expires_at = now() - interval '1 hour'
    WHERE id IN (SELECT id FROM notification ORDER BY id LIMIT 50000)`,
  'roll-events': `UPDATE event SET time = now() - interval '9 years' WHERE id IN (SELECT id FROM event ORDER BY id LIMIT 50000)`,
}

test('every periodic job does what has fallen due in short transactions, by bounded plans', async () => {
  const { platform } = fleet
  await platform.upFor(86_400)
  for (const { name, run } of platform.jobs) {
    if (due[name]) await platform.database.pool.query(due[name])
    const doAll = async () => {
      while (await platform.database.transaction(run)) {}
    }
    const recording = await record(doAll)
    try {
      expectLawful(recording)
    } catch (error) {
      throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  expect(Object.keys(due).filter((name) => !platform.jobs.some((job) => job.name === name))).toEqual([])
})
