import { getExport } from '@mason/contract/export'
import { getBatch } from '@mason/contract/notification'
import {
  createSchedule,
  deleteSchedule,
  getSchedule,
  listSchedules,
  type NewSchedule,
  updateSchedule,
} from '@mason/contract/schedule'
import { ApiError } from '@mason/sdk/api-error'
import { describe, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { nextDue } from './due.ts'

const platform = usePlatform({}, { areJobsRunning: false })

const nightly: NewSchedule = {
  name: 'Nightly',
  cron: '0 3 * * *',
  timezone: 'Europe/Paris',
  action: { notification: { type: 'refresh', target: { group: 'unassigned' } } },
}

async function created({ call }: TestAccount, input: Partial<NewSchedule> = {}): Promise<string> {
  return (await call(createSchedule, { ...nightly, ...input })).data[0]?.id ?? ''
}

const read = async ({ call }: TestAccount, id: string) => (await call(getSchedule, { id })).data[0]

/** Makes it due since so long. */
const due = (id: string, ago = '1 hour') =>
  platform.database.pool.query('UPDATE schedule SET next_run_at = now() - $2::interval WHERE id = $1', [id, ago])

/** Runs all that is due, on as many workers at once. */
async function runDue(workers = 1): Promise<void> {
  const job = platform.jobs.find(({ name }) => name === 'run-schedules')
  if (!job) throw new Error('there is no such job')
  const work = async () => {
    while (await platform.database.transaction((tx) => job.run(tx))) {}
  }
  await Promise.all(Array.from({ length: workers }, work))
}

const batchesOf = async ({ accountId }: TestAccount) =>
  (await platform.database.pool.query('SELECT id, created_by FROM batch WHERE account_id = $1', [accountId])).rows

const faultOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error) => (error instanceof ApiError ? [error.status, error.message] : error),
  )

describe('a schedule', () => {
  test('sends its command once for each time that it is due, whoever looks', async () => {
    const account = await platform.newAccount()
    await newDevice(platform, account)
    const id = await created(account)
    await due(id)
    await runDue(4)
    const schedule = await read(account, id)
    expect(schedule?.runs).toHaveLength(1)
    const [run] = schedule?.runs ?? []
    expect(run).toMatchObject({ state: 'succeeded' })
    expect((await account.call(getBatch, { id: run?.batch ?? '' })).data[0]).toMatchObject({
      type: 'refresh',
      total: 1,
      createdBy: { kind: 'system', id },
    })
    expect(await batchesOf(account)).toHaveLength(1)
    expect(Date.parse(schedule?.nextRunAt ?? '')).toBeGreaterThan(Date.now())
  })

  test('that was due several times while the platform was down runs once', async () => {
    const account = await platform.newAccount()
    const id = await created(account, { cron: '*/5 * * * *' })
    await due(id, '3 days')
    await runDue()
    await runDue()
    const schedule = await read(account, id)
    expect(schedule?.runs).toHaveLength(1)
    expect(Date.parse(schedule?.runs[0]?.dueAt ?? '')).toBeLessThan(Date.now() - 2 * 86_400_000)
    expect(await batchesOf(account)).toHaveLength(1)
  })

  test('whose run is cut off runs again, and only once', async () => {
    const account = await platform.newAccount()
    const id = await created(account)
    await due(id)
    const job = platform.jobs.find(({ name }) => name === 'run-schedules')
    const cutOff = platform.database.transaction(async (tx) => {
      await job?.run(tx)
      throw new Error('cut off')
    })
    await expect(cutOff).rejects.toThrow('cut off')
    expect(await batchesOf(account)).toEqual([])
    expect((await read(account, id))?.runs).toEqual([])
    await runDue()
    expect(await batchesOf(account)).toHaveLength(1)
  })

  test('makes an export', async () => {
    const account = await platform.newAccount()
    const id = await created(account, { action: { export: { kind: 'device', format: 'csv', group: 'unassigned' } } })
    await due(id)
    await runDue()
    const schedule = await read(account, id)
    const exported = schedule?.runs[0]?.export ?? ''
    await eventually(async () =>
      expect((await account.call(getExport, { id: exported })).data[0]).toMatchObject({ state: 'succeeded' }),
    )
  })

  test('says why a run failed, keeps the last 20, and goes on', async () => {
    const account = await platform.newAccount()
    const id = await created(account, {
      action: { notification: { type: 'refresh', target: { group: 'nobody' } } },
    })
    for (let run = 0; run < 22; run++) {
      await due(id, `${50 - run} minutes`)
      await runDue()
    }
    const schedule = await read(account, id)
    expect(schedule?.runs).toHaveLength(20)
    expect(schedule?.runs[0]).toMatchObject({ state: 'failed', reason: 'There is no group "nobody"' })
    const dueTimes = schedule?.runs.map(({ dueAt }) => dueAt) ?? []
    expect(dueTimes).toEqual(dueTimes.toSorted().toReversed())
    expect(schedule?.enabled).toBe(true)
  })

  test('holds up no other', async () => {
    const account = await platform.newAccount()
    const [locked, free] = [await created(account), await created(account)]
    await due(locked)
    await due(free)
    await platform.database.transaction(async (tx) => {
      await tx.query({ name: '', text: 'SELECT FROM schedule WHERE id = $1 FOR UPDATE', values: [locked] })
      await runDue()
      expect((await read(account, free))?.runs).toHaveLength(1)
    })
    await runDue()
    expect((await read(account, locked))?.runs).toHaveLength(1)
  })

  test('is changed, disabled and deleted', async () => {
    const account = await platform.newAccount()
    const id = await created(account)
    const before = await read(account, id)
    const { data } = await account.call(updateSchedule, { id, name: 'Daily' })
    expect(data[0]).toEqual({ ...before, name: 'Daily' })
    expect((await account.call(updateSchedule, { id, enabled: false })).data[0]).not.toHaveProperty('nextRunAt')
    await runDue()
    expect((await account.call(updateSchedule, { id, enabled: true })).data[0]?.nextRunAt).toBe(before?.nextRunAt)
    const other = (await account.call(updateSchedule, { id, timezone: 'America/New_York' })).data[0]
    expect(other?.nextRunAt).not.toBe(before?.nextRunAt)
    await account.call(deleteSchedule, { id })
    expect((await account.call(listSchedules, {})).data).toEqual([])
  })

  test('keeps the payload of a command as it was sent', async () => {
    const account = await platform.newAccount()
    const payload = { b: null, a: [1.0, { z: 'ä' }] }
    const action = { notification: { type: 'application' as const, target: { group: 'unassigned' }, payload } }
    const id = await created(account, { action })
    expect((await read(account, id))?.action).toEqual(action)
  })

  test('needs the scope of what it does', async () => {
    const account = await platform.newAccount()
    const response = await platform.fetch('/v1/default/apikey', {
      method: 'POST',
      key: account.key,
      body: JSON.stringify({ name: 'manager', scopes: ['fleet:manager', 'notify:refresh'] }),
    })
    const { data } = (await response.json()) as { data: { key: string }[] }
    const key = data[0]?.key ?? ''
    const send = async (path: string, body: object) => {
      const answer = await platform.fetch(path, { method: 'POST', key, body: JSON.stringify(body) })
      return [answer.status, ((await answer.json()) as { message?: string }).message]
    }
    expect((await send('/v1/default/schedule', nightly))[0]).toBe(200)
    const action: NewSchedule['action'] = { notification: { type: 'reboot', target: { group: 'unassigned' } } }
    expect(await send('/v1/default/schedule', { ...nightly, action })).toEqual([
      403,
      'This needs the scope notify:reboot',
    ])
    const id = await created(account, { action })
    expect((await send(`/v1/default/schedule/${id}`, { name: 'mine' }))[0]).toBe(403)
  })

  test.each([
    [{ cron: '0 0 31 2 *' }, 'cron never comes due'],
    [{ cron: '0 99 * * *' }, /^cron: cannot be read: |^cron cannot be read/],
    [{ cron: '* * * * * *' }, /five fields/],
    [{ timezone: 'CET' }, /IANA time zone/],
  ])('of %o is refused', async (input, message) => {
    const account = await platform.newAccount()
    const [status, text] = (await faultOf(created(account, input as Partial<NewSchedule>))) as [number, string]
    expect(status).toBe(400)
    expect(text).toMatch(message)
  })
})

test('a time that the clock skips is due after the skip, one that it shows twice once', () => {
  const times = { cron: '30 2 * * *', timezone: 'Europe/Paris' }
  const list = (from: string, count: number) => {
    const found: string[] = []
    for (let at = new Date(from); found.length < count; found.push(at.toISOString())) at = nextDue(times, at)
    return found
  }
  expect(list('2026-03-28T12:00:00Z', 2)).toEqual(['2026-03-29T01:00:00.000Z', '2026-03-30T00:30:00.000Z'])
  expect(list('2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T00:30:00.000Z', '2026-10-26T01:30:00.000Z'])
})
