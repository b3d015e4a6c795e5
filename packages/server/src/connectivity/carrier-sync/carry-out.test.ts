import { listEvents } from '@mason/contract/event'
import { getSim, putMarker, registerSim, type SimState, updateSim } from '@mason/contract/sim'
import sql, { raw } from 'sql-template-tag'
import { describe, expect, test, vi } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'
import type { Db } from '../../core/db/database.ts'
import { simulated } from '../carrier/type/simulated/carrier.ts'
import { moveState } from '../sim/move.ts'
import { carryOut } from './carry-out.ts'
import type { Claimed } from './claim.ts'

const platform = usePlatform()

async function newSim(account: TestAccount, how?: string): Promise<string> {
  const markers = how === undefined ? [] : [{ key: 'simulated', value: how }]
  const iccid = newIccid()
  await account.call(registerSim, { iccid, carrier: 'simulated', markers })
  return iccid
}

const shown = async (account: TestAccount, iccid: string) => (await account.call(getSim, { iccid })).data[0]
const ask = async (account: TestAccount, iccid: string, state: SimState) =>
  (await account.call(updateSim, { iccid, state })).data[0]
/** What a node does that serves the connection, without waiting for one that does. */
const work = async ({ accountId }: TestAccount): Promise<void> => {
  const claimed: Claimed = {
    accountId,
    name: 'simulated',
    type: 'simulated',
    options: {},
    credentials: null,
    lease: '',
  }
  const { signal } = new AbortController()
  const session = simulated.open({} as never, {})
  while ((await carryOut(platform.database, claimed, session, signal)).total > 0);
}
/** Makes the next attempt due at once. */
const letTimePass = ({ accountId }: TestAccount) =>
  platform.database.query(sql`
    UPDATE sim SET carrier_due = now() WHERE account_id = ${accountId} AND pending_state IS NOT NULL`)
async function attempts(account: TestAccount, count: number): Promise<void> {
  for (let attempt = 0; attempt < count; attempt++) {
    await letTimePass(account)
    await work(account)
  }
}
const changesOf = async (account: TestAccount, iccid: string) =>
  (await account.call(listEvents, { type: 'sim.state' })).data
    .filter(({ subject }) => subject.id === iccid)
    .map(({ data }) => data)
const settled = (account: TestAccount, iccid: string) =>
  expect.poll(async () => (await shown(account, iccid))?.pendingState).toBeUndefined()

describe('a state change', () => {
  test('of a manual SIM is done at once, along the ways that there are', async () => {
    const account = await platform.newAccount()
    const iccid = newIccid()
    await account.call(registerSim, { iccid })
    await expect(ask(account, iccid, 'suspended')).rejects.toMatchObject({
      status: 409,
      message: 'A SIM that is ready cannot become suspended',
    })
    expect(await ask(account, iccid, 'active')).toMatchObject({ state: 'active', activatedAt: expect.any(String) })
    await ask(account, iccid, 'active')
    await expect(ask(account, iccid, 'ready')).rejects.toMatchObject({ status: 409 })
    for (const state of ['suspended', 'active', 'deactivated', 'deactivated'] as const)
      expect(await ask(account, iccid, state)).toMatchObject({ state })
    await expect(ask(account, iccid, 'active')).rejects.toMatchObject({ status: 409 })
    expect(await changesOf(account, iccid)).toEqual([
      { from: 'ready', to: 'active' },
      { from: 'active', to: 'suspended' },
      { from: 'suspended', to: 'active' },
      { from: 'active', to: 'deactivated' },
    ])
  })

  test('is carried out by the carrier in its own time', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, 'slow:2')
    expect(await ask(account, iccid, 'active')).toMatchObject({ state: 'ready', pendingState: 'active' })
    await attempts(account, 3)
    await settled(account, iccid)
    expect(await shown(account, iccid)).toMatchObject({ state: 'active', activatedAt: expect.any(String) })
    expect(await changesOf(account, iccid)).toEqual([{ from: 'ready', to: 'active' }])
  })

  test('is done by the queue alone where all goes well', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await ask(account, iccid, 'active')
    await settled(account, iccid)
    expect(await shown(account, iccid)).toMatchObject({ state: 'active' })
  })

  test('that fails is tried again, and its failure is shown meanwhile', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, 'fail:2')
    await ask(account, iccid, 'active')
    await expect
      .poll(() => shown(account, iccid))
      .toMatchObject({ state: 'ready', pendingState: 'active', stateReason: 'The simulated carrier is out of order' })
    await attempts(account, 2)
    await settled(account, iccid)
    expect(await shown(account, iccid)).toMatchObject({ state: 'active' })
    expect(await shown(account, iccid)).not.toHaveProperty('stateReason')
  })

  test.each([
    ['refuse', 'The simulated carrier refuses'],
    ['fail', 'The simulated carrier is out of order'],
  ])('that comes to nothing (%s) leaves the state and the reason, and can be asked for again', async (how, reason) => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, how)
    await ask(account, iccid, 'active')
    await attempts(account, 11)
    await settled(account, iccid)
    expect(await shown(account, iccid)).toMatchObject({ state: 'ready', stateReason: reason })
    expect(await changesOf(account, iccid)).toEqual([{ from: 'ready', to: 'active', failed: true, reason }])
    await account.call(putMarker, { iccid, key: 'simulated', value: 'well' })
    await ask(account, iccid, 'active')
    await settled(account, iccid)
    expect(await shown(account, iccid)).toMatchObject({ state: 'active' })
  })

  test('asked for while another is under way takes its index', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account, 'slow')
    await ask(account, iccid, 'active')
    expect(await ask(account, iccid, 'active')).toMatchObject({ pendingState: 'active' })
    await expect(ask(account, iccid, 'ready')).rejects.toMatchObject({ status: 409 })
    expect(await ask(account, iccid, 'deactivated')).toMatchObject({ state: 'ready', pendingState: 'deactivated' })
    await expect(ask(account, iccid, 'active')).rejects.toMatchObject({ status: 409 })
    await account.call(putMarker, { iccid, key: 'simulated', value: 'well' })
    await attempts(account, 2)
    await settled(account, iccid)
    expect(await changesOf(account, iccid)).toEqual([{ from: 'ready', to: 'deactivated' }])
  })

  test('asked for by many at once happens once', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    await ask(account, iccid, 'active')
    await settled(account, iccid)
    const states = ['suspended', 'deactivated', 'suspended', 'deactivated', 'suspended'] as const
    const outcomes = await Promise.allSettled(states.map((state) => ask(account, iccid, state)))
    for (const outcome of outcomes)
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ status: 409 })
    await expect
      .poll(async () => {
        await letTimePass(account)
        return (await shown(account, iccid))?.state
      })
      .toBe('deactivated')
  })
})

describe('the work', () => {
  test('done in parallel and twice has one outcome for each SIM', async () => {
    const account = await platform.newAccount()
    const sims = await Promise.all(Array.from({ length: 30 }, () => newSim(account)))
    const actor = { kind: 'system', accountId: account.accountId, id: 'test' } as const
    const move = (state: SimState, reason?: string) =>
      platform.database.transaction((tx) => moveState(tx, actor, sims, state, { reason }))
    expect(await move('suspended')).toBe(0)
    expect(await move('active')).toBe(30)
    expect(await move('active')).toBe(0)
    await Promise.all([work(account), work(account), work(account)])
    for (const iccid of sims) await settled(account, iccid)
    await move('suspended', 'data_limit')
    await Promise.all([work(account), work(account)])
    for (const iccid of sims) {
      await settled(account, iccid)
      expect(await shown(account, iccid)).toMatchObject({ state: 'suspended', stateReason: 'data_limit' })
      expect(await changesOf(account, iccid)).toHaveLength(2)
    }
  })

  test('that is in a circle with another writer is done as soon as that has ended', async () => {
    const account = await platform.newAccount()
    const [first = '', second = ''] = [await newSim(account), await newSim(account)].sort()
    const holding = Promise.withResolvers<void>()
    const change = vi.fn(async () => {
      await holding.promise
      return { is: 'done' as const }
    })
    const open = vi.spyOn(simulated, 'open').mockReturnValue({ check: async () => {}, change })
    const actor = { kind: 'system', accountId: account.accountId, id: 'test' } as const
    await platform.database.transaction((tx) => moveState(tx, actor, [first, second], 'active'))
    await expect.poll(() => change.mock.calls.length).toBe(2)
    const touch = (tx: Db, iccid: string) =>
      tx.query(sql`UPDATE sim SET name = 'x' WHERE account_id = ${account.accountId} AND iccid = ${iccid}`)
    // PostgreSQL looks for a circle once, a second after a wait began: the circle is closed by itself and not from here, which
    // would be too late on a busy machine.
    const touchOnceAwaited = (tx: Db, iccid: string) =>
      tx.query(
        raw(`DO $$ BEGIN
          WHILE NOT EXISTS (SELECT FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))) LOOP
            PERFORM pg_sleep(0.001);
            PERFORM pg_stat_clear_snapshot();
          END LOOP;
          UPDATE sim SET name = 'x' WHERE account_id = '${account.accountId}' AND iccid = '${iccid}';
        END $$`),
      )
    await platform.database.transaction(async (tx) => {
      // The other one is to be the victim.
      await tx.query(sql`SET LOCAL deadlock_timeout = '1min'`)
      await touch(tx, second)
      holding.resolve()
      await touchOnceAwaited(tx, first)
    })
    open.mockRestore()
    for (const iccid of [first, second]) {
      await settled(account, iccid)
      expect(await shown(account, iccid)).toMatchObject({ state: 'active', name: 'x' })
    }
  })

  test('that a crash left behind is taken up when its lease is over, and a late answer counts for nothing', async () => {
    const account = await platform.newAccount()
    const iccid = await newSim(account)
    // As a worker leaves it that was killed in the middle of the call, before the queue could know.
    await platform.database.query(sql`
      UPDATE sim SET pending_state = 'active', pending_by = '{"kind": "system"}', carrier_call = gen_random_uuid(),
        carrier_attempts = 1, carrier_due = now() + interval '1 minute' WHERE account_id = ${account.accountId}`)
    await work(account)
    expect(await shown(account, iccid)).toMatchObject({ state: 'ready', pendingState: 'active' })
    await letTimePass(account)
    await settled(account, iccid)
    expect(await shown(account, iccid)).toMatchObject({ state: 'active' })
  })
})
