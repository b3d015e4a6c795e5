import { getDeployment, updateDeployment } from '@mason/contract/deployment'
import { deleteDevice, getSummary, updateDevice } from '@mason/contract/device'
import { listEvents } from '@mason/contract/event'
import { createGroup } from '@mason/contract/group'
import type { Sql } from 'sql-template-tag'
import { describe, expect, test } from 'vitest'
import { registerApk } from '../../../test/artifacts.ts'
import { till } from '../../../test/deployments.ts'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import type { Database, Db, Prepared } from '../../core/db/database.ts'
import { portion } from '../../core/jobs/portion.ts'
import { deviceCondition } from '../../fleet/device/filter.ts'
import { queueForMany } from '../../fleet/notification/batch.ts'
import { advanceTask } from './advance.ts'
import { create } from './service.ts'

// Nothing of the platform carries a roll-out on meanwhile.
const platform = usePlatform({}, { areJobsRunning: false })
const wakeUps = { gateway: crypto.randomUUID(), queued: () => {}, credentialDied: () => {} }
/** Small portions, of which even a small group needs many. */
const few = 3
const means: Parameters<typeof advanceTask>[0] = {
  command: (tx, ...command) => queueForMany(tx, wakeUps, ...command),
  matching: deviceCondition,
}
const advance = advanceTask(means, few)
const select = async <Row>(text: string, values: unknown[] = []): Promise<Row[]> =>
  (await platform.database.pool.query(text, values)).rows
const never = new AbortController().signal

/** An account with so many devices in the group tills: the first has enrolled, the others are copies of it. */
async function newFleet(devices: number) {
  const account = await platform.newAccount()
  for (const name of ['tills', 'spare']) await account.call(createGroup, { name })
  const { id } = await newDevice(platform, account, { group: 'tills' })
  await select(
    `INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, boot_id)
     SELECT account_id, new_id(), 'Copy ' || n, 'COPY-' || n, family, group_name, 'none', 'boot'
     FROM device, generate_series(2, $2) AS n WHERE id = $1`,
    [id, devices],
  )
  await registerApk(account, till, 1)
  return account
}

const wanted = { group: 'tills', type: 'apk', name: till, version: '1', push: true } as const
const inSteps = { steps: [60, 100], soakMinutes: 0, maxFailurePercent: 100, minSuccessPercent: 0 }
const ways = [
  { how: 'at once', way: {}, share: 100, pausedAt: 3 },
  { how: 'in steps', way: { rollout: inSteps }, share: 60, pausedAt: 7 },
]

/** Deploys, and leaves all the rest to the test: nobody works on this task. */
async function deployHeld({ accountId }: TestAccount, rest: object): Promise<string> {
  const actor = { kind: 'system', accountId, id: 'test' } as const
  const answer = await create(platform.database, { ...advance, name: 'left-to-the-test' }, actor, {
    ...wanted,
    ...rest,
  })
  return JSON.parse(answer).id
}

async function read(account: TestAccount, id: string) {
  const [deployment] = (await account.call(getDeployment, { id })).data
  if (!deployment) throw new Error('there is no deployment')
  return deployment
}

const sumOf = ({ devices }: { devices: Record<string, number> }) =>
  Object.values(devices).reduce((sum, count) => sum + count, 0)

interface Watch {
  /** Before a statement of a portion. */
  before?(text: string): Promise<void>
  /** At the end of a portion, before it is committed. */
  atEnd?(): Promise<void>
}

/** The database, of whose transactions every statement is seen beforehand. */
function watched({ before, atEnd }: Watch): Database {
  const { database } = platform
  const watch = (tx: Db): Db => ({
    query: async <Row extends object>(query: Sql | Prepared) => {
      await before?.(query.text)
      return tx.query<Row & Record<string, unknown>>(query) as never
    },
    copy: tx.copy.bind(tx),
    transaction: (work) => tx.transaction((inner) => work(watch(inner))),
    afterCommit: tx.afterCommit.bind(tx),
  })
  const transaction = <T>(work: (tx: Db) => Promise<T>) =>
    database.transaction(async (tx) => {
      const result = await work(watch(tx))
      await atEnd?.()
      return result
    })
  return Object.assign(Object.create(database) as Database, { transaction })
}

const carryOn = (account: TestAccount, id: string, database: Database = platform.database) =>
  advance.run(database, { accountId: account.accountId, id }, never)

describe.each(ways)('a deployment $how', ({ way, share, pausedAt }) => {
  test('changes no more than a portion of the devices in one transaction', async () => {
    const many = 2 * portion + 100
    const account = await newFleet(many)
    const id = await deployHeld(account, way)
    await advanceTask(means).run(platform.database, { accountId: account.accountId, id }, never)
    const deployment = await read(account, id)
    expect(sumOf(deployment)).toBe(many)
    expect(deployment.devices.told).toBe(Math.ceil((many * share) / 100))
    // Each row says which transaction wrote it last.
    for (const table of ['deployment_device', 'device', 'notification', 'out_of_date_device']) {
      const rows = await select<{ changed: number }>(
        `SELECT count(*)::int AS changed FROM ${table} WHERE account_id = $1 GROUP BY xmin::text`,
        [account.accountId],
      )
      expect(rows.length, table).toBeGreaterThan(1)
      expect(Math.max(...rows.map(({ changed }) => changed)), table).toBeLessThanOrEqual(portion)
    }
  })

  test('goes on where it was cut off, and tells nobody twice, whoever carries it on', async () => {
    const account = await newFleet(14)
    const id = await deployHeld(account, way)
    let ended = 0
    const cutOff = watched({
      atEnd: async () => {
        if (ended++ % 2 === 1) throw new Error('cut off')
      },
    })
    for (let run = 0; run < 20; run++) {
      await Promise.allSettled([carryOn(account, id, cutOff), carryOn(account, id, cutOff)])
      expect(sumOf(await read(account, id))).toBe(14)
    }
    await carryOn(account, id)
    const told = Math.ceil((14 * share) / 100)
    expect(await read(account, id)).toMatchObject({ step: 1, devices: { waiting: 14 - told, told } })
    const commands = await select<{ devices: number; commands: number }>(
      'SELECT count(DISTINCT device_id)::int AS devices, count(*)::int AS commands FROM notification WHERE account_id = $1',
      [account.accountId],
    )
    expect(commands).toEqual([{ devices: told, commands: told }])
    const batches = await select<{ total: number }>('SELECT total FROM batch WHERE account_id = $1', [
      account.accountId,
    ])
    expect(batches).toEqual([{ total: told }])
    const events = (await account.call(listEvents, { type: 'deployment.' })).data.map(({ type }) => type)
    expect(events).toEqual(['deployment.created', 'deployment.step'])
  })

  test('counts each device once while devices join, leave and are removed', async () => {
    const account = await newFleet(12)
    const id = await deployHeld(account, way)
    const idsIn = async (group: string) => {
      const rows = await select<{ id: string }>(
        'SELECT id FROM device WHERE account_id = $1 AND group_name = $2 ORDER BY id',
        [account.accountId, group],
      )
      return rows.map((device) => device.id)
    }
    const spare = await newDevice(platform, account, { group: 'spare' })
    const [first = '', second = '', third = '', fourth = '', ...rest] = await idsIn('tills')
    const [last = '', lastBut = ''] = rest.reverse()
    const move = (id: string, group: string) => () => account.call(updateDevice, { id, group })
    const remove = (id: string) => () => account.call(deleteDevice, { id })
    const changes = [
      remove(last),
      move(first, 'spare'),
      () => newDevice(platform, account, { group: 'tills' }),
      move(lastBut, 'spare'),
      move(spare.id, 'tills'),
      remove(second),
      move(third, 'spare'),
      move(fourth, 'spare'),
    ]
    const under: Promise<unknown>[] = []
    // Each change begins while a portion is under way, and may have to wait for its end.
    const busy = watched({
      atEnd: async () => {
        const change = changes.shift()
        if (change) under.push(change())
        expect(sumOf(await read(account, id))).toBeGreaterThan(0)
      },
    })
    await carryOn(account, id, busy)
    await Promise.all(under)
    for (const change of changes.splice(0)) await change()
    await carryOn(account, id)
    const members = await idsIn('tills')
    const deployment = await read(account, id)
    expect(sumOf(deployment)).toBe(members.length)
    const rows = await select<{ id: string }>(
      'SELECT device_id AS id FROM deployment_device WHERE deployment_id = $1 ORDER BY device_id',
      [id],
    )
    expect(rows.map((row) => row.id)).toEqual(members)
    const [summary] = (await account.call(getSummary)).data
    expect(summary?.outOfDate).toBe(deployment.devices.told)
  })

  test('is paused and canceled in the middle of a portion, which is then undone', async () => {
    const account = await newFleet(12)
    const id = await deployHeld(account, way)
    let toldBefore = 0
    let portions = 0
    const paused = watched({
      before: async (text) => {
        // The last that a portion does.
        if (!/UPDATE deployment SET .*(told|placed)_through/.test(text) || ++portions < pausedAt) return
        toldBefore = (await read(account, id)).devices.told
        await account.call(updateDeployment, { id, state: 'paused' })
        portions = Number.NEGATIVE_INFINITY
      },
    })
    await carryOn(account, id, paused)
    expect(toldBefore).toBeGreaterThan(0)
    expect(await read(account, id)).toMatchObject({ state: 'paused', devices: { told: toldBefore } })
    expect(sumOf(await read(account, id))).toBe(12)
    await account.call(updateDeployment, { id, state: 'canceled' })
    await carryOn(account, id)
    expect(await read(account, id)).toMatchObject({ state: 'canceled', devices: { told: toldBefore } })
    expect(
      await select('SELECT FROM device WHERE account_id = $1 AND desired IS NOT NULL', [account.accountId]),
    ).toEqual([])
    expect(sumOf(await read(account, id))).toBe(12)
    expect((await account.call(getSummary)).data[0]?.outOfDate).toBe(0)
  })

  test('waits for no device that is locked, to tell it or to withdraw', async () => {
    const account = await newFleet(10)
    const id = await deployHeld(account, way)
    const [{ id: locked } = { id: '' }] = await select<{ id: string }>(
      'SELECT id FROM device WHERE account_id = $1 ORDER BY id OFFSET 4 LIMIT 1',
      [account.accountId],
    )
    const lock = async () => {
      const client = await platform.database.pool.connect()
      await client.query('BEGIN')
      await client.query('SELECT FROM device WHERE id = $1 FOR UPDATE', [locked])
      return async () => {
        await client.query('ROLLBACK')
        client.release()
      }
    }
    const assigned = async () =>
      (await select('SELECT FROM device WHERE account_id = $1 AND desired IS NOT NULL', [account.accountId])).length
    const letGo = await lock()
    await carryOn(account, id)
    await carryOn(account, id)
    // In steps, the locked device may be one of those that are told later.
    const told = Math.ceil((10 * share) / 100)
    expect((await read(account, id)).devices.told).toBeGreaterThanOrEqual(told - 1)
    await letGo()
    await carryOn(account, id)
    expect((await read(account, id)).devices).toMatchObject({ told, waiting: 10 - told })
    expect(await assigned()).toBe(told)

    const letGoAgain = await lock()
    await account.call(updateDeployment, { id, state: 'canceled' })
    await eventually(async () => expect(await assigned()).toBeLessThanOrEqual(1))
    await letGoAgain()
    await carryOn(account, id)
    expect(await assigned()).toBe(0)
    expect((await read(account, id)).devices).toMatchObject({ told, waiting: 10 - told })
  })
})
