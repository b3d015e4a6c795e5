import { createDeployment, getDeployment, updateDeployment } from '@mason/contract/deployment'
import { listDevices, updateDevice } from '@mason/contract/device'
import { createExport, getExport } from '@mason/contract/export'
import { deleteGroup, unassigned } from '@mason/contract/group'
import { bulkDevices, bulkSims, getJob } from '@mason/contract/job'
import { cancelBatch, notifyDevices } from '@mason/contract/notification'
import { dayMs } from '@mason/contract/time'
import { expect, test, vi } from 'vitest'
import { registerApk } from '../artifacts.ts'
import { till } from '../deployments.ts'
import { jobOf } from '../jobs.ts'
import { useFleet } from './fleet.ts'
import { expectLawful } from './laws.ts'
import { record } from './recorder.ts'

// What is done to many devices at once is done in short transactions, by bounded plans.

const fleet = useFleet()
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 1_200_000, interval: 200 })
const deploymentOf = async (id: string) => (await fleet.account.call(getDeployment, { id })).data[0]

const targets = [{ group: 'd450-3' }, { filter: 'battery.level<50 and family==d450 and label.store!=7' }]
test.each(targets)('a deployment to %o, which are many, is told, and canceled, in portions', async (target) => {
  const { account, look } = fleet
  await registerApk(account, till, 1).catch(() => {})
  let id = ''
  const telling = await record(async () => {
    const body = { ...target, type: 'apk', name: till, version: '1', push: true } as const
    id = (await account.call(createDeployment, { body })).data[0]?.id ?? ''
    const text = 'SELECT is_placed AS "isPlaced" FROM deployment WHERE id = $1'
    await until(async () => expect(await look(text, [id])).toEqual({ isPlaced: true }))
    await until(async () => expect(await deploymentOf(id)).toMatchObject({ devices: { waiting: 0 } }))
  })
  expect((await deploymentOf(id))?.devices.told).toBeGreaterThan(50)
  expectLawful(telling)
  const withdrawing = await record(async () => {
    await account.call(updateDeployment, { id, body: { state: 'canceled' } })
    const text = 'SELECT to_withdraw AS "isLeft" FROM deployment WHERE id = $1'
    await until(async () => expect(await look(text, [id])).toEqual({ isLeft: false }))
  })
  expectLawful(withdrawing)
})

test('a command to all devices is queued, and canceled, in portions', async () => {
  const { account, look } = fleet
  let id = ''
  const queuing = await record(async () => {
    const [batch] = (await account.call(notifyDevices, { body: { type: 'refresh', target: { filter: {} } } })).data
    if (!batch || !('id' in batch)) throw new Error('the batch has no id')
    id = batch.id
    const text = 'SELECT count(*)::int AS queued FROM notification WHERE batch_id = $1'
    await until(async () => expect(await look(text, [id])).toEqual({ queued: batch.total }))
  })
  expectLawful(queuing)
  const canceling = await record(async () => {
    await account.call(cancelBatch, { id })
    const text = 'SELECT is_canceling AS "isLeft" FROM batch WHERE id = $1'
    await until(async () => expect(await look(text, [id])).toEqual({ isLeft: false }))
  })
  expectLawful(canceling)
})

async function jobEnded(id: string): Promise<number> {
  const job = await until(async () => {
    const [found] = (await fleet.account.call(getJob, { id })).data
    expect(found?.finishedAt).toBeDefined()
    return found
  })
  expect(job).toMatchObject({ state: 'succeeded', failedTotal: 0 })
  expect(job?.done).toBeGreaterThan(1_000)
  return job?.done ?? 0
}

test('devices and SIMs are changed in bulk, in portions', async () => {
  const { account } = fleet
  const all = { target: { filter: {} }, change: { labels: { swept: 'yes', store: null } } }
  const relabeling = await record(async () => {
    await jobEnded(jobOf(await account.call(bulkDevices, { body: all })).id)
  })
  expectLawful(relabeling)
  // Of a filter no count is kept, nor of SIMs: the job counts them.
  const ofFamily = { target: { filter: { filter: 'family==d450' } }, change: { notes: 'x' } }
  let answer = 0
  const noting = await record(async () => {
    answer = await jobEnded(jobOf(await account.call(bulkDevices, { body: ofFamily })).id)
  })
  expectLawful(noting, { answer })
  const changing = await record(async () => {
    const change = { markers: { swept: 'yes' }, dataLimit: { bytes: 10 ** 15, action: 'alert' } } as const
    answer = await jobEnded(jobOf(await account.call(bulkSims, { body: { target: { filter: {} }, change } })).id)
  })
  expectLawful(changing, { answer })
})

test('lines of devices are imported in portions', async () => {
  const { account, platform } = fleet
  const { data } = await account.call(listDevices, { limit: 1_000 })
  const lines = [...data, ...data].map(({ serialnumber }, index) => `${serialnumber},note ${index}`)
  const importing = await record(async () => {
    const answer = await platform.fetch('/v1/default/device/import', {
      method: 'POST',
      key: account.key,
      headers: { 'content-type': 'text/csv' },
      body: `serialnumber,notes\n${lines.join('\n')}`,
    })
    await jobEnded(jobOf((await answer.json()) as { data: object[] }).id)
  })
  expectLawful(importing)
})

test('a group whose devices were told much is emptied, and deleted, in portions', async () => {
  const { account } = fleet
  const group = 'pilot'
  const { data } = await account.call(listDevices, { group, limit: 1000 })
  expect(data).toHaveLength(25)
  const [deployment] = (
    await account.call(createDeployment, { type: 'apk', name: till, version: '1', group, push: false })
  ).data
  await until(async () => expect(await deploymentOf(deployment?.id ?? '')).toMatchObject({ devices: { waiting: 0 } }))
  expectLawful(
    await record(async () => {
      for (const { id } of data) await account.call(updateDevice, { id, group: unassigned })
      await account.call(deleteGroup, { name: group })
    }),
  )
})

const dayBefore = (days: number) => new Date(Date.now() - days * dayMs).toISOString().slice(0, 10)
const days = { start: dayBefore(3), end: dayBefore(0) }

test.each([{ kind: 'device' }, { kind: 'sim' }, { kind: 'usage', ...days }] as const)(
  'an export of every $kind is written by bounded plans',
  async (body) => {
    const { account } = fleet
    let [rows, state] = [0, '']
    const written = await record(async () => {
      const id = (await account.call(createExport, { body: { ...body, format: 'csv' } })).data[0]?.id ?? ''
      await until(async () => {
        const [found] = (await account.call(getExport, { id })).data
        expect(found?.finishedAt).toBeDefined()
        ;({ rows = 0, state = '' } = found ?? {})
      })
    })
    expect(state).toBe('succeeded')
    expect(rows).toBeGreaterThan(1_000)
    expectLawful(written, { answer: rows })
  },
)
