import { listEvents } from '@mason/contract/event'
import { type BulkSims, bulkSims } from '@mason/contract/job'
import { getSim, listSims, registerSim, updateSim } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { ended, jobOf } from '../../../test/jobs.ts'
import { newIccid } from '../../../test/unique.ts'

const platform = usePlatform()

const run = async (account: TestAccount, body: BulkSims) => ended(account, jobOf(await account.call(bulkSims, body)))

async function simsOf({ call }: TestAccount, size: number): Promise<string[]> {
  const iccids = Array.from({ length: size }, newIccid).sort()
  for (const iccid of iccids) await call(registerSim, { iccid, markers: [{ key: 'site', value: 'Kiel' }] })
  return iccids
}

test('SIMs of a filter get a state, a limit, a lock and markers; what cannot is named', async () => {
  const account = await platform.newAccount()
  const [first = '', second = '', third = ''] = await simsOf(account, 3)
  await account.call(updateSim, { iccid: second, state: 'deactivated' })
  const change = {
    state: 'active',
    dataLimit: { bytes: 1_000, action: 'alert' },
    imeiLock: '35-693803-564380-9',
    markers: { customer: 'acme', site: null },
  } as const
  const job = await run(account, { target: { filter: { filter: 'marker.site==kiel' } }, change })
  expect(job).toMatchObject({
    kind: 'sim.bulk',
    state: 'succeeded',
    total: 3,
    done: 2,
    failed: [{ iccid: second, reason: 'A SIM that is deactivated cannot become active' }],
    change: { ...change, imeiLock: '356938035643809' },
  })
  const told = (await account.call(listEvents, { job: job.id })).data
  const members = { dataLimit: change.dataLimit, imeiLock: '356938035643809', markers: { customer: 'acme' } }
  for (const iccid of [first, third])
    expect(told.filter(({ subject }) => subject.id === iccid).map(({ type, data }) => [type, data])).toEqual([
      ['sim.changed', { ...members, removedMarkers: ['site'], job: job.id }],
      ['sim.state', { from: 'ready', to: 'active', job: job.id }],
    ])
  expect(told).toHaveLength(4)
  for (const iccid of [first, third])
    expect((await account.call(getSim, { iccid })).data[0]).toMatchObject({
      state: 'active',
      dataLimit: change.dataLimit,
      imeiLock: '356938035643809',
      markers: [{ key: 'customer', value: 'acme' }],
    })
  const { data } = await account.call(getSim, { iccid: second })
  expect(data[0]).toMatchObject({ state: 'deactivated', markers: [{ key: 'site', value: 'Kiel' }] })
  expect(data[0]?.dataLimit).toBeUndefined()
  const iccids = await run(account, { target: { sims: [`${third}F`] }, change: { dataLimit: null, imeiLock: null } })
  expect(iccids).toMatchObject({ total: 1, done: 1, target: { sims: [third] } })
  expect((await account.call(getSim, { iccid: third })).data[0]?.dataLimit).toBeUndefined()
})

test('a bulk change of SIMs counts, insists on a number, and says what is wrong at its place', async () => {
  const account = await platform.newAccount()
  await simsOf(account, 2)
  const body: BulkSims = { target: { filter: {} }, change: { markers: { a: 'b' } } }
  expect((await account.call(bulkSims, { ...body, dryRun: true })).data).toEqual([
    { kind: 'sim.bulk', total: 2, dryRun: true },
  ])
  await expect(account.call(bulkSims, { ...body, expect: 3 })).rejects.toMatchObject({ status: 409 })
  const refusal = (wrong: object) => account.call(bulkSims, { ...body, ...wrong } as BulkSims).catch((error) => error)
  expect(await refusal({ target: { filter: { filter: 'usage.month<many' } } })).toMatchObject({
    errors: [{ path: '/target/filter/filter' }],
  })
  expect(await refusal({ target: { sims: [newIccid()] } })).toMatchObject({ status: 404 })
  expect(await refusal({ change: { imeiLock: '356938035643808' } })).toMatchObject({
    errors: [{ path: '/change/imeiLock' }],
  })
  expect((await account.call(listSims, {})).data.every(({ markers }) => markers.length === 1)).toBe(true)
})
