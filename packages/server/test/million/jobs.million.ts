import { describe, expect, test } from 'vitest'
import { retried } from '../../src/core/db/database.ts'
import type { PeriodicJob } from '../../src/core/jobs/periodic.ts'
import { due } from './due.ts'
import { useFleet } from './fleet.ts'
import { faultsOf } from './laws.ts'
import { type Recording, record } from './recorder.ts'
import { statistics } from './statistics.ts'

// What is looked after again and again works in portions, each a short transaction, however much has fallen due.

const fleet = useFleet(false)
/** Several portions, and for each of the statistics others. */
const many = 3_000
/** A job may leave a part of its work to later runs, or come to it only then: the sweep walks past 100,000 devices in one. */
const mostRuns = 30

/** Does all that a job finds to do. */
async function doAll({ name, run }: PeriodicJob): Promise<Recording> {
  const { fill, left: countLeft = 'SELECT 0 AS left' } = due[name] ?? {}
  const read = async () => (await fleet.look<{ left: number }>(countLeft))?.left ?? 0
  // What the jobs before have queued may be under way.
  if (fill) await retried(() => fleet.look(fill.replaceAll('$1', String(many))))
  let left = await read()
  if (fill) expect(left, `due for ${name}`).toBeGreaterThan(1_000)
  return record(async () => {
    for (let runs = 0; runs === 0 || (left > 0 && runs < mostRuns); runs++) {
      while (await fleet.platform.database.transaction(run)) {}
      left = await read()
    }
    expect(left, `left for ${name}`).toBe(0)
  })
}

describe.each(Object.entries(statistics))('with %s statistics', (_, prepare) => {
  test('every periodic job does what has fallen due in short transactions, by bounded plans', async () => {
    const { platform } = fleet
    await platform.upFor(86_400)
    await fleet.look('UPDATE heartbeat SET last_checkin = now() WHERE online')
    await prepare(platform.database.pool)
    const faults: string[] = []
    for (const job of platform.jobs) faults.push(...faultsOf(await doAll(job)).map((fault) => `${job.name}: ${fault}`))
    expect(faults.join('\n')).toBe('')
    expect(Object.keys(due).filter((name) => !platform.jobs.some((job) => job.name === name))).toEqual([])
  })
})
