import { createApiKey } from '@mason/contract/apikey'
import { type AuditEntry, listAuditEntries } from '@mason/contract/audit'
import { createGroup, deleteGroup } from '@mason/contract/group'
import { getSim } from '@mason/contract/sim'
import { expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { newIccid } from '../../../test/unique.ts'
import { verifyChain } from './verify.ts'

const platform = usePlatform({ TRUST_PROXY: '127.0.0.1' }, { areJobsRunning: false })

const refusals = async (account: TestAccount): Promise<AuditEntry[]> =>
  (await account.call(listAuditEntries, { limit: 1000 })).data.filter(({ refusal }) => refusal !== undefined)

/** As if a minute had passed. */
async function passMinute(): Promise<void> {
  await platform.database.pool.query('UPDATE audit_refusal SET due_at = now()')
  await platform.runJob('write-repeated-refusals')
}

async function newReader(): Promise<{ account: TestAccount; key: string }> {
  const account = await platform.newAccount()
  const { data } = await account.call(createApiKey, { name: 'reader', scopes: ['fleet:read'] })
  return { account, key: data[0]?.key ?? '' }
}

interface Attempt {
  path?: string
  method?: string
  from?: string
}

/** Asks for what is refused. @returns the id of the request. */
async function ask(base: string, key: string, { path = 'group', method = 'POST', from = '192.0.2.7' }: Attempt = {}) {
  const answer = await fetch(`${base}/v1/default/${path}`, {
    method,
    headers: { authorization: `basic ${key}`, 'x-forwarded-for': from },
  })
  expect(answer.status).toBe(403)
  return answer.headers.get('x-request-id')
}

test('a caller in a loop has one entry at once and one a minute, which together count every refusal of all nodes', async () => {
  const other = await platform.addNode()
  const { account, key } = await newReader()
  const loop = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => ask(index % 2 ? other.url : platform.url, key)))
  await loop(60)
  expect(await refusals(account)).toMatchObject([{ action: createGroup.schema.operationId, address: '192.0.2.7' }])
  await passMinute()
  const [first, second, ...more] = await refusals(account)
  expect(first).not.toHaveProperty('repeats')
  expect([second, more]).toMatchObject([{ repeats: 59, actor: { name: 'reader' }, address: '192.0.2.7' }, []])

  await loop(5)
  const last = await ask(platform.url, key)
  await passMinute()
  expect((await refusals(account)).slice(2)).toMatchObject([{ repeats: 6, requestId: last }])
  await passMinute()
  expect(await refusals(account), 'it has stopped').toHaveLength(3)
  const again = await ask(platform.url, key)
  expect((await refusals(account)).at(-1), 'the next one is the first').toMatchObject({ requestId: again })
  await platform.runJob('chain-audit')
  expect(await verifyChain(platform.database, account.accountId)).toMatchObject({ fault: undefined, last: 5 })
  await other.stop()
})

test('another operation, caller or address has an entry of its own', async () => {
  const [one, two] = [await newReader(), await newReader()]
  await ask(platform.url, one.key)
  await ask(platform.url, one.key, { from: '192.0.2.8' })
  await ask(platform.url, one.key, { path: 'group/tills', method: 'DELETE' })
  await ask(platform.url, two.key)
  expect((await refusals(one.account)).map(({ action, address }) => [action, address])).toEqual([
    [createGroup.schema.operationId, '192.0.2.7'],
    [createGroup.schema.operationId, '192.0.2.8'],
    [deleteGroup.schema.operationId, '192.0.2.7'],
  ])
  expect(await refusals(two.account)).toHaveLength(1)
})

test('what is counted does not hold the number of a card', async () => {
  const { account, key } = await newReader()
  const [first, second] = [newIccid(), newIccid()]
  for (const iccid of [first, second]) await ask(platform.url, key, { path: `sim/${iccid}`, method: 'GET' })
  const { rows } = await platform.database.pool.query('SELECT row_to_json(r)::text AS row FROM audit_refusal AS r')
  expect(rows.map(({ row }) => row).join()).not.toMatch(new RegExp(`${first}|${second}`))
  await passMinute()
  expect((await refusals(account)).map(({ action, subject, repeats }) => [action, subject.id, repeats])).toEqual([
    [getSim.schema.operationId, first, undefined],
    [getSim.schema.operationId, second, 1],
  ])
})
