import { listDeployments } from '@mason/contract/deployment'
import { createEnrollment, listEnrollments } from '@mason/contract/enrollment'
import { createGroup, deleteGroup } from '@mason/contract/group'
import sql from 'sql-template-tag'
import { expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { portion } from '../../core/jobs/portion.ts'

const platform = usePlatform({}, { areJobsRunning: false })
const run = async (text: string) => (await platform.database.pool.query(text)).rows

/** A group with a token and a number of deployments, all of the same app. */
async function groupWith({ call, accountId }: TestAccount, deployments: number) {
  await call(createGroup, { name: 'tills' })
  await call(createEnrollment, { group: 'tills' })
  await platform.database.query(sql`
    INSERT INTO deployment (account_id, id, group_name, type, name, version, push, steps, soak_minutes, max_failure_percent, state,
                            content, is_placed)
    SELECT ${accountId}, uuidv7(), 'tills', 'apk', 'com.example.till', i::text, false, '{100}', 0, 100, 'finished', '{}', true
    FROM generate_series(1, ${deployments}) AS i`)
}

const statesOf = async ({ call }: TestAccount) =>
  (await call(listDeployments)).data.map(({ state, reason }) => `${state} ${reason ?? ''}`.trim())
const tokenGroups = async ({ call }: TestAccount) => (await call(listEnrollments)).data.map(({ group }) => group)

test('a deleted group cancels its deployments in portions, and its tokens are those of unassigned', async () => {
  const account = await platform.newAccount()
  await groupWith(account, 2 * portion + 1)
  await run(`
    CREATE TABLE changed (rows bigint);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO changed SELECT count(*) FROM new_rows; RETURN NULL; END $$;
    CREATE TRIGGER note AFTER UPDATE ON deployment REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note()`)
  await account.call(deleteGroup, { name: 'tills' })
  expect(await run('SELECT rows FROM changed')).toEqual([portion, portion, 1].map((rows) => ({ rows })))
  expect(new Set(await statesOf(account))).toEqual(new Set(['canceled group_deleted']))
  expect(await tokenGroups(account)).toEqual(['unassigned'])
  expect(await run('SELECT FROM deleted_group')).toEqual([])
})

test.each([
  ['the job', () => platform.runJob('forget-groups')],
  ['whoever makes a group of that name', (account: TestAccount) => account.call(createGroup, { name: 'tills' })],
])('what a deletion that was cut off has left is forgotten by %s', async (_, forget) => {
  const [account, other] = [await platform.newAccount(), await platform.newAccount()]
  for (const one of [account, other]) await groupWith(one, 2)
  await platform.database.query(
    sql`DELETE FROM device_group WHERE account_id = ${account.accountId} AND name = 'tills'`,
  )
  expect(await statesOf(account)).toEqual(['finished', 'finished'])
  await forget(account)
  expect(await statesOf(account)).toEqual(['canceled group_deleted', 'canceled group_deleted'])
  expect(await tokenGroups(account)).toEqual(['unassigned'])
  expect(await statesOf(other)).toEqual(['finished', 'finished'])
  expect(await tokenGroups(other)).toEqual(['tills'])
})
