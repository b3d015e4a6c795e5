import { createGroup, deleteGroup, updateGroup } from '@mason/contract/group'
import { expect, test } from 'vitest'
import { rollOn } from '../../../test/days.ts'
import { startPlatform, type TestAccount, usePlatform } from '../../../test/harness.ts'
import { verifyChain } from './verify.ts'

const platform = usePlatform({}, { areJobsRunning: false })
type Where = Pick<typeof platform, 'database' | 'runJob'>

/** An account whose trail has so many entries, chained. */
async function newTrail(count: number): Promise<TestAccount> {
  const account = await platform.newAccount()
  for (let index = 0; index < count; index++) await account.call(createGroup, { name: `g${index}` })
  await platform.runJob('chain-audit')
  return account
}

/** Does to the trail what nobody may, looks what is found, and undoes it. */
async function tamper({ accountId }: TestAccount, statement: string, values: unknown[]): Promise<string | undefined> {
  const undone = new Error('undone')
  let found: string | undefined
  const attempt = platform.database.transaction(async (tx) => {
    const run = (text: string, given: unknown[] = []) => tx.query({ name: '', text, values: given })
    await run("SET LOCAL session_replication_role = 'replica'")
    await run(statement, [accountId, ...values])
    found = (await verifyChain(tx, accountId)).fault
    throw undone
  })
  await expect(attempt).rejects.toBe(undone)
  return found
}

test('a trail that nobody touched is whole, and its anchor stays good', async () => {
  const account = await newTrail(3)
  const early = await verifyChain(platform.database, account.accountId)
  expect(early).toMatchObject({
    first: 1,
    last: 3,
    fault: undefined,
    anchor: expect.stringMatching(/^3:[0-9a-f]{64}$/),
  })
  await account.call(createGroup, { name: 'later' })
  await platform.runJob('chain-audit')
  const verdict = await verifyChain(platform.database, account.accountId, early.anchor)
  expect(verdict).toMatchObject({ last: 4, fault: undefined })
  const other = `3:${'0'.repeat(64)}`
  expect((await verifyChain(platform.database, account.accountId, other)).fault).toContain('written anew')
  expect((await verifyChain(platform.database, account.accountId, `9:${'0'.repeat(64)}`)).fault).toContain('removed')
  const none = await platform.newAccount()
  expect(await verifyChain(platform.database, none.accountId)).toMatchObject({ last: 0, fault: undefined })
})

test('nothing in the trail can be changed or deleted by a statement', async () => {
  const { accountId } = await newTrail(1)
  const query = (text: string) => platform.database.pool.query(text, [accountId])
  await expect(query("UPDATE audit_entry SET action = 'x' WHERE account_id = $1")).rejects.toThrow('neither changed')
  await expect(query('UPDATE audit_entry SET hash = NULL WHERE account_id = $1')).rejects.toThrow('neither changed')
})

test('every single entry that is changed, removed, swapped or added is found and named', async () => {
  const count = 6
  const account = await newTrail(count)
  const numbers = Array.from({ length: count }, (_, index) => index + 1)
  const columns = [
    'time',
    'actor_id',
    'action',
    'subject_kind',
    'subject_id',
    'address',
    'request_id',
    'refusal',
    'repeats',
    'after',
  ]
  for (const number of numbers) {
    for (const column of columns) {
      const value = { time: 'now()', after: `'{}'`, repeats: '2' }[column] ?? "'x'"
      const changed = `UPDATE audit_entry SET ${column} = ${value} WHERE account_id = $1 AND number = $2`
      expect(await tamper(account, changed, [number]), column).toMatch(new RegExp(`^entry ${number}, .* was changed$`))
    }
    const withHash = `UPDATE audit_entry AS e SET action = 'x', hash = sha256('x') WHERE account_id = $1 AND number = $2`
    expect(await tamper(account, withHash, [number])).toContain(`entry ${number}, `)
    const removed = 'DELETE FROM audit_entry WHERE account_id = $1 AND number = $2'
    expect(await tamper(account, removed, [number])).toContain(`entry ${number} was removed`)
    const added = `INSERT INTO audit_entry (account_id, id, actor_kind, actor_id, action, subject_kind, subject_id)
      SELECT $1, id || '-', actor_kind, actor_id, 'x', subject_kind, subject_id FROM audit_entry WHERE account_id = $1 AND number = $2`
    if (number < count) expect(await tamper(account, added, [number])).toContain(`where entry ${number + 1} should be`)
    for (const other of numbers.slice(number)) {
      const swapped = `UPDATE audit_entry AS e SET number = o.number, previous = o.previous, hash = o.hash FROM audit_entry AS o
        WHERE e.account_id = $1 AND o.account_id = $1 AND e.number IN ($2, $3) AND o.number = $2::int + $3::int - e.number`
      expect(await tamper(account, swapped, [number, other])).toContain(`entry ${number}, `)
      const contents = `UPDATE audit_entry AS e SET action = o.action, subject_id = o.subject_id, after = o.after FROM audit_entry AS o
        WHERE e.account_id = $1 AND o.account_id = $1 AND e.number IN ($2, $3) AND o.number = $2::int + $3::int - e.number`
      expect(await tamper(account, contents, [number, other])).toMatch(new RegExp(`^entry ${number}, .* was changed$`))
    }
  }
  expect((await verifyChain(platform.database, account.accountId)).fault).toBeUndefined()
})

test('entries of changes side by side are chained once each, in their order, by nodes that chain at once', async () => {
  const accounts = await Promise.all([platform.newAccount(), platform.newAccount()])
  const chain = async ({ database }: Where) => {
    await database.pool.query('SELECT chain_audit(7)')
  }
  const write = async (account: TestAccount, name: string) => {
    await account.call(createGroup, { name })
    await account.call(updateGroup, { name, description: 'x' })
    await account.call(deleteGroup, { name })
  }
  await Promise.all(
    accounts.flatMap((account) =>
      Array.from({ length: 8 }, async (_, index) => {
        await write(account, `g${index}`)
        await Promise.all([chain(platform), chain(platform)])
      }),
    ),
  )
  await platform.runJob('chain-audit')
  for (const { accountId } of accounts)
    expect(await verifyChain(platform.database, accountId)).toMatchObject({ first: 1, last: 24, fault: undefined })
})

test('a chain whose days were dropped continues from the last entry that went', async () => {
  const own = await startPlatform({ AUDIT_DAYS: '7' }, { areJobsRunning: false })
  try {
    const account = await own.newAccount()
    const roll = (day: number) => rollOn(own, 'roll-audit', day)
    const createOn = async (day: number) => {
      await roll(day)
      await account.call(createGroup, { name: `day${day}` })
      await own.database.transaction(async (tx) => {
        await tx.query({ name: '', text: "SET LOCAL session_replication_role = 'replica'", values: [] })
        const text =
          "UPDATE audit_entry SET time = date_trunc('milliseconds', now() + make_interval(days => $1)) WHERE hash IS NULL"
        await tx.query({ name: '', text, values: [day] })
      })
      await own.runJob('chain-audit')
    }
    for (const day of [-30, -9, -8, -7, -2]) await createOn(day)
    const whole = await verifyChain(own.database, account.accountId)
    await roll(0)
    await createOn(0)
    const left = await verifyChain(own.database, account.accountId, whole.anchor)
    expect(left).toMatchObject({ first: 4, last: 6, fault: undefined })
    const { rows } = await own.database.pool.query('SELECT count(*)::int AS count FROM audit_entry')
    expect(rows).toEqual([{ count: 3 }])
    expect((await verifyChain(own.database, account.accountId, `2:${'0'.repeat(64)}`)).fault).toContain(
      'no longer kept',
    )
  } finally {
    await own.stop()
  }
})
