import { getJob, type Job } from '@mason/contract/job'
import { expect, vi } from 'vitest'
import { patienceMs } from './eventually.ts'
import type { TestAccount } from './harness.ts'

/** A job as it was answered; not what a dry run of a bulk change says. */
export function jobOf(answer: { data: readonly object[] }): Job {
  const [job] = answer.data
  if (!job || !('id' in job)) throw new Error(`${JSON.stringify(job)} is no job`)
  return job as Job
}

/** A job when it has ended. */
export const ended = (
  { call }: Pick<TestAccount, 'call'>,
  { id }: Pick<Job, 'id'>,
  timeout = patienceMs,
): Promise<Job> =>
  vi.waitFor(
    async () => {
      const { data } = await call(getJob, { id })
      const job = jobOf({ data })
      expect(job.finishedAt, JSON.stringify(job)).toBeDefined()
      return job
    },
    { timeout, interval: 20 },
  )
