import { randomUUID } from 'node:crypto'
import { createApiKey, deleteApiKey, listApiKeys } from '@mason/contract/apikey'
import { getDevice } from '@mason/contract/device'
import { createEnrollment, listEnrollments } from '@mason/contract/enrollment'
import { createGroup, deleteGroup, getGroup } from '@mason/contract/group'
import { describe, expect, test } from 'vitest'
import { expectErrorForm } from '../../../test/answer-form.ts'
import { exchange, type RawAnswer } from '../../../test/exchange.ts'
import { newDevice } from '../../../test/factories.ts'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()

const groups = '/v1/default/group'

/** A POST under an Idempotency-Key. */
const post = (by: Pick<TestAccount, 'key'>, path: string, body: unknown, key: string, baseUrl = platform.url) =>
  exchange(baseUrl, {
    method: 'POST',
    path,
    authorization: `basic ${by.key}`,
    headers: { 'idempotency-key': key },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  })

const isReplay = ({ headers }: RawAnswer) => headers['idempotent-replayed'] === 'true'

function expectReplay(answer: RawAnswer, first: RawAnswer): void {
  expect(isReplay(first)).toBe(false)
  expect(isReplay(answer)).toBe(true)
  expect(answer.status).toBe(first.status)
  const { requestId: _one, ...again } = JSON.parse(answer.text)
  const { requestId: _other, ...before } = JSON.parse(first.text)
  expect(again).toEqual(before)
  if (answer.status !== 200) expectErrorForm(answer)
}

describe('a repeated POST', () => {
  test('gets the first answer, and takes effect once', async () => {
    const account = await platform.newAccount()
    const key = randomUUID()
    const first = await post(account, groups, { name: 'kiosks' }, key)
    expect(first.status).toBe(200)
    expectReplay(await post(account, groups, { name: 'kiosks' }, key), first)
    await account.call(deleteGroup, { name: 'kiosks' })
    expectReplay(await post(account, groups, { name: 'kiosks' }, key), first)
    await expect(account.call(getGroup, { name: 'kiosks' })).rejects.toMatchObject({ status: 404 })
  })

  test('gets the first answer though that was a refusal', async () => {
    const account = await platform.newAccount()
    const [taken, absent] = [randomUUID(), randomUUID()]
    await account.call(createGroup, { name: 'kiosks' })
    const conflict = await post(account, groups, { name: 'kiosks' }, taken)
    expect(conflict.status).toBe(409)
    const missing = await post(account, `${groups}/tills`, { description: 'x' }, absent)
    expect(missing.status).toBe(404)
    await account.call(deleteGroup, { name: 'kiosks' })
    await account.call(createGroup, { name: 'tills' })
    expectReplay(await post(account, groups, { name: 'kiosks' }, taken), conflict)
    expectReplay(await post(account, `${groups}/tills`, { description: 'x' }, absent), missing)
  })

  test('from another node gets it as well', async () => {
    const account = await platform.newAccount()
    const other = await platform.addNode()
    const key = randomUUID()
    const first = await post(account, groups, { name: 'kiosks' }, key)
    // Each node of the tests has the same data directory and so the same encryption key.
    expectReplay(await post(account, groups, { name: 'kiosks' }, key, other.url), first)
  })

  test('takes effect anew after 24 hours', async () => {
    const account = await platform.newAccount()
    const key = randomUUID()
    await post(account, groups, { name: 'kiosks' }, key)
    await account.call(deleteGroup, { name: 'kiosks' })
    await platform.database.pool.query(
      "UPDATE idempotency SET created_at = created_at - interval '25 hours' WHERE account_id = $1 AND key = $2",
      [account.accountId, key],
    )
    const later = await post(account, groups, { name: 'kiosks', description: 'new' }, key)
    expect([later.status, isReplay(later)]).toEqual([200, false])
    expectReplay(await post(account, groups, { name: 'kiosks', description: 'new' }, key), later)
  })
})

describe('an Idempotency-Key', () => {
  test.each([
    ['another body', groups, { name: 'tills' }],
    ['the same members in another form', groups, '{ "name": "kiosks" }'],
    ['another route', '/v1/default/enrollment', { note: 'kiosks' }],
    ['another path', `${groups}/kiosks`, { description: 'x' }],
  ])('does not go with %s', async (_what, path, body) => {
    const account = await platform.newAccount()
    const key = randomUUID()
    const first = await post(account, groups, { name: 'kiosks' }, key)
    const answer = await post(account, path, body, key)
    expect(answer.status).toBe(409)
    expect(expectErrorForm(answer).type).toBe('idempotency_error')
    expect(isReplay(answer)).toBe(false)
    expectReplay(await post(account, groups, { name: 'kiosks' }, key), first)
  })

  test('means nothing to another account', async () => {
    const key = randomUUID()
    for (const account of [await platform.newAccount(), await platform.newAccount()]) {
      const answer = await post(account, groups, { name: 'kiosks' }, key)
      expect([answer.status, isReplay(answer)]).toEqual([200, false])
    }
  })

  test.each(['', ' ', 'two words', 'tab\there', 'ü', 'x'.repeat(256)])(
    'of the wrong form is a 400: %j',
    async (key) => {
      const account = await platform.newAccount()
      const answer = await post(account, groups, { name: 'kiosks' }, key)
      expect(answer.status).toBe(400)
      expect(expectErrorForm(answer).message).toContain('Idempotency-Key')
    },
  )

  test.each(['!', '~', '"quoted"', "';--", 'x'.repeat(255)])('may be any visible ASCII: %j', async (key) => {
    const account = await platform.newAccount()
    const first = await post(account, groups, { name: 'kiosks' }, key)
    expectReplay(await post(account, groups, { name: 'kiosks' }, key), first)
  })

  test('is for POST alone', async () => {
    const { key } = await platform.newAccount()
    const read = () =>
      exchange(platform.url, { path: groups, authorization: `basic ${key}`, headers: { 'idempotency-key': 'a b' } })
    expect((await read()).status).toBe(200)
  })
})

describe('requests side by side with one key', () => {
  test('do one thing', async () => {
    const account = await platform.newAccount()
    const other = await platform.addNode()
    const key = randomUUID()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        post(account, '/v1/default/enrollment', { note: 'one' }, key, index % 2 === 0 ? platform.url : other.url),
      ),
    )
    const done = answers.filter(({ status }) => status === 200)
    expect(done.filter((answer) => !isReplay(answer))).toHaveLength(1)
    expect(new Set(done.map(({ text }) => text)).size).toBe(1)
    for (const answer of answers)
      if (answer.status !== 200) expect(expectErrorForm(answer).type, answer.text).toBe('idempotency_error')
    expect((await account.call(listEnrollments)).data).toHaveLength(1)
  })
})

describe('a refusal that may not last', () => {
  test('for want of a credential or a scope is not kept', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(createApiKey, { name: 'weak', scopes: ['fleet:read'] })
    const id = data[0]?.id ?? ''
    const key = randomUUID()
    const weak = { key: data[0]?.key ?? '' }
    expect((await post(weak, groups, { name: 'kiosks' }, key)).status).toBe(403)
    await account.call(deleteApiKey, { id })
    await expect.poll(async () => (await post(weak, groups, { name: 'kiosks' }, key)).status).toBe(401)
    const answer = await post(account, groups, { name: 'kiosks' }, key)
    expect([answer.status, isReplay(answer)]).toEqual([200, false])
  })

  test('by the handler for want of a scope is not kept', async () => {
    const account = await platform.newAccount()
    const { data } = await account.call(createApiKey, { name: 'keys', scopes: ['key:admin'] })
    const body = { name: 'wide', scopes: ['fleet:admin'] }
    const key = randomUUID()
    expect((await post({ key: data[0]?.key ?? '' }, '/v1/default/apikey', body, key)).status).toBe(403)
    const answer = await post(account, '/v1/default/apikey', body, key)
    expect([answer.status, isReplay(answer)]).toEqual([200, false])
  })
})

test("a created key's secret is repeated, and is nowhere in the database in the clear", async () => {
  const account = await platform.newAccount()
  const key = randomUUID()
  const body = { name: 'secret', scopes: ['fleet:read'] }
  const first = await post(account, '/v1/default/apikey', body, key)
  const again = await post(account, '/v1/default/apikey', body, key)
  expectReplay(again, first)
  const secret: string = JSON.parse(again.text).data[0].key
  expect((await exchange(platform.url, { path: groups, authorization: `basic ${secret}` })).status).toBe(200)
  expect((await account.call(listApiKeys)).data.filter(({ name }) => name === 'secret')).toHaveLength(1)

  const everything = await wholeDatabase()
  expect(everything).toContain(account.accountId)
  expect(everything).toContain(key)
  for (const form of ['utf8', 'base64', 'hex'] as const) {
    // Base64 of a part depends on where it begins, so its inner half is looked for at each of the three offsets.
    const forms = [0, 1, 2].map((start) => Buffer.from(secret.slice(6 + start, 36 + start)).toString(form))
    for (const text of forms) expect(everything).not.toContain(text)
  }
})

test('a created enrollment token is not kept in the clear either', async () => {
  const account = await platform.newAccount()
  const { data } = await account.call(createEnrollment, { note: 'n' })
  const token = data[0]?.token ?? ''
  expect(token).not.toBe('')
  expect(await wholeDatabase()).not.toContain(token.slice(7))
})

/** Every row of every table as text: bytes in hexadecimal, and once more as characters where they are such. */
async function wholeDatabase(): Promise<string> {
  const { pool } = platform.database
  const { rows: tables } = await pool.query<{ name: string }>(
    "SELECT quote_ident(table_name) AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'",
  )
  let everything = ''
  for (const { name } of tables) {
    const { rows } = await pool.query<{ text: string }>(
      `SELECT coalesce(string_agg(t::text, ' '), '') AS text FROM ${name} AS t`,
    )
    const { text = '' } = rows[0] ?? {}
    everything += text
    for (const [, hex = ''] of text.matchAll(/\\x([0-9a-f]{2,})/g))
      everything += Buffer.from(hex, 'hex').toString('latin1')
  }
  return everything
}

describe('work that fails half-way', () => {
  /** Makes the database refuse a device's new name, after the move of its group has begun. */
  const refuseNames = (code: string, constraint: string) =>
    platform.database.pool.query(`
      CREATE OR REPLACE FUNCTION refuse_name() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${code}', CONSTRAINT = '${constraint}'; END $$;
      CREATE OR REPLACE TRIGGER refuse_name BEFORE UPDATE ON device FOR EACH ROW
      WHEN (NEW.name = 'half-way') EXECUTE FUNCTION refuse_name()`)
  const accept = () => platform.database.pool.query('DROP TRIGGER refuse_name ON device')

  async function deviceToMove() {
    const account = await platform.newAccount()
    await account.call(createGroup, { name: 'tills' })
    const { id } = await newDevice(platform, account, { name: 'till' })
    const key = randomUUID()
    const move = () => post(account, `/v1/default/device/${id}`, { name: 'half-way', group: 'tills' }, key)
    const state = async () => {
      const { data } = await account.call(getDevice, { id })
      const { rows } = await platform.database.pool.query<{ family: string | null }>(
        "SELECT family FROM device_group WHERE account_id = $1 AND name = 'tills'",
        [account.accountId],
      )
      return { name: data[0]?.name, group: data[0]?.group.name, familyOfGroup: rows[0]?.family }
    }
    return { move, state }
  }
  const untouched = { name: 'till', group: 'unassigned', familyOfGroup: null }
  const moved = { name: 'half-way', group: 'tills', familyOfGroup: 'D450' }

  test('leaves nothing but its refusal', async () => {
    const { move, state } = await deviceToMove()
    await refuseNames('23505', 'device_serialnumber')
    const first = await move()
    expect(first.status).toBe(409)
    expect(await state()).toEqual(untouched)
    await accept()
    expectReplay(await move(), first)
    expect(await state()).toEqual(untouched)
  })

  test('on our side leaves nothing at all, so that it can be tried again', async () => {
    const { move, state } = await deviceToMove()
    await refuseNames('23514', 'some_check')
    const first = await move()
    expect(first.status).toBe(500)
    expect(first.text).not.toContain('refused')
    expect(await state()).toEqual(untouched)
    await accept()
    const second = await move()
    expect([second.status, isReplay(second)]).toEqual([200, false])
    expect(await state()).toEqual(moved)
  })

  test('when it is committed leaves neither effect nor answer', async () => {
    const account = await platform.newAccount()
    const key = randomUUID()
    await platform.database.pool.query(`
      CREATE FUNCTION refuse_late() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '23514'; END $$;
      CREATE CONSTRAINT TRIGGER refuse_late AFTER INSERT ON device_group DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW WHEN (NEW.name = 'late') EXECUTE FUNCTION refuse_late()`)
    expect((await post(account, groups, { name: 'late' }, key)).status).toBe(500)
    await expect(account.call(getGroup, { name: 'late' })).rejects.toMatchObject({ status: 404 })
    await platform.database.pool.query('DROP TRIGGER refuse_late ON device_group')
    const answer = await post(account, groups, { name: 'late' }, key)
    expect([answer.status, isReplay(answer)]).toEqual([200, false])
  })
})
