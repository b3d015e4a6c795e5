import { createDeployment, getDeployment, updateDeployment } from '@mason/contract/deployment'
import { listDevices, updateDevice } from '@mason/contract/device'
import { createExport, getExport } from '@mason/contract/export'
import { deleteGroup, unassigned } from '@mason/contract/group'
import { cancelBatch, notifyDevices } from '@mason/contract/notification'
import { dayMs } from '@mason/contract/time'
import { expect, test, vi } from 'vitest'
import { registerApk } from '../artifacts.ts'
import { till } from '../deployments.ts'
import { useFleet } from './fleet.ts'
import { expectLawful } from './laws.ts'
import { record } from './recorder.ts'

// What is done to many devices at once is done in short transactions, by bounded plans.

const fleet = useFleet(20)
const until = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 1_200_000, interval: 200 })
const deploymentOf = async (id: string) => (await fleet.account.call(getDeployment, { id })).data[0]

test('a deployment to a large group is told, and canceled, in portions', async () => {
  const { account } = fleet
  await registerApk(account, till, 1)
  let id = ''
  const telling = await record(async () => {
    const body = { type: 'apk', name: till, version: '1', group: 'd450-3', push: true } as const
    id = (await account.call(createDeployment, { body })).data[0]?.id ?? ''
    await until(async () => expect(await deploymentOf(id)).toMatchObject({ devices: { waiting: 0 } }))
  })
  expectLawful(telling)
  expectLawful(await record(() => account.call(updateDeployment, { id, body: { state: 'canceled' } })))
})

test('a command to all devices is queued, and canceled, in portions', async () => {
  const { account, platform } = fleet
  let id = ''
  const countOf = async (condition: string) => {
    const text = `SELECT count(*)::int AS count FROM notification WHERE batch_id = $1 AND ${condition}`
    return (await platform.database.pool.query<{ count: number }>(text, [id])).rows[0]?.count
  }
  const queuing = await record(async () => {
    const [batch] = (await account.call(notifyDevices, { body: { type: 'refresh', target: { filter: {} } } })).data
    if (!batch || !('id' in batch)) throw new Error('the batch has no id')
    id = batch.id
    await until(async () => expect(await countOf('true')).toBe(batch.total))
  })
  expectLawful(queuing)
  const canceling = await record(async () => {
    await account.call(cancelBatch, { id })
    await until(async () => expect(await countOf("state = 'queued'")).toBe(0))
  })
  expectLawful(canceling)
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
    const written = await record(async () => {
      const id = (await account.call(createExport, { body: { ...body, format: 'csv' } })).data[0]?.id ?? ''
      await until(async () => expect((await account.call(getExport, { id })).data[0]?.state).toBe('succeeded'))
    })
    expectLawful(written)
  },
)
