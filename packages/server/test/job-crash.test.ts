import { listEvents } from '@mason/contract/event'
import { bulkSims, getJob } from '@mason/contract/job'
import { listSims } from '@mason/contract/sim'
import { type Client, createClient } from '@mason/sdk/client'
import { expect, test } from 'vitest'
import { eventually } from './eventually.ts'
import { ended, jobOf } from './jobs.ts'
import { newDataDir, postmasterPid } from './program.ts'
import { usePrograms } from './programs.ts'
import { newIccid } from './unique.ts'

const start = usePrograms()
const many = 4_000
/** A node that was killed is taken for dead after 30 seconds; then another takes its jobs over. */
const takenOverMs = 100_000

/** How often each SIM became active, by the events. */
async function changesOf({ call }: Client): Promise<Map<string, number>> {
  const changes = new Map<string, number>()
  let after: string | undefined
  do {
    const page = await call(listEvents, { type: 'sim.state', limit: 1_000, ...(after !== undefined && { after }) })
    for (const { subject } of page.data) changes.set(subject.id, (changes.get(subject.id) ?? 0) + 1)
    after = page.nextPage
  } while (after !== undefined)
  return changes
}

test.each(['the server', 'the server and PostgreSQL'])(
  'when %s is killed in the middle of a job, it goes on',
  async (victim) => {
    const DATA_DIR = await newDataDir()
    const program = await start({ DATA_DIR })
    const key = program.ownerKey ?? ''
    const csv = `iccid\n${Array.from({ length: many }, newIccid).join('\n')}`
    await fetch(`${program.url}/v1/default/sim/import`, {
      method: 'POST',
      headers: { authorization: `basic ${key}`, 'content-type': 'text/csv' },
      body: csv,
    })
    const before = createClient({ baseUrl: program.url, key, maxRetries: 0 })
    const change = { state: 'active', markers: { customer: 'acme' } } as const
    const { id } = jobOf(await before.call(bulkSims, { target: { filter: { state: 'ready' } }, change }))
    await eventually(async () => expect(jobOf(await before.call(getJob, { id })).done).toBeGreaterThan(0), {
      interval: 5,
    })
    if (victim !== 'the server') process.kill(await postmasterPid(DATA_DIR), 'SIGKILL')
    await program.end('SIGKILL')

    const { url } = await start({ DATA_DIR })
    const after = createClient({ baseUrl: url, key, maxRetries: 20 })
    expect(await ended(after, { id }, takenOverMs)).toMatchObject({
      state: 'succeeded',
      total: many,
      done: many,
      failedTotal: 0,
    })
    const changes = await changesOf(after)
    expect(changes.size).toBe(many)
    expect([...new Set(changes.values())]).toEqual([1])
    const left = await after.call(listSims, { filter: 'state!=active or marker.customer!=acme' })
    expect(left.data).toEqual([])
  },
  180_000,
)
