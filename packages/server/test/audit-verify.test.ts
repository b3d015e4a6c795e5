import { createGroup } from '@mason/contract/group'
import { expect, inject, test } from 'vitest'
import { verifyAll } from '../src/outward/audit/command.ts'
import { usePlatform } from './harness.ts'
import { emptyDataDir, runCommand } from './program.ts'

const platform = usePlatform({}, { areJobsRunning: false })

const numbers = [1, 2, 3]
const last = numbers.length

/** Does to the trail what nobody may who is not its owner. */
async function tamper(...statements: string[]): Promise<void> {
  await platform.database.transaction(async (tx) => {
    for (const text of ["SET LOCAL session_replication_role = 'replica'", ...statements])
      await tx.query({ name: '', text, values: [] })
  })
}

test('audit verify finds every single changed, removed and swapped entry, and says so by its exit code', async () => {
  const { host, port, user } = inject('postgres')
  const { database } = platform.database.pool.options
  const environment = {
    DATABASE_URL: `postgres://${user}@/${database}?host=${encodeURIComponent(host)}&port=${port}`,
    DATA_DIR: await emptyDataDir(),
  }
  const account = await platform.newAccount()
  const other = await platform.newAccount()
  for (const { call } of [account, other]) for (const number of numbers) await call(createGroup, { name: `g${number}` })
  await platform.runJob('chain-audit')
  const { rows } = await platform.database.pool.query<{ name: string }>('SELECT name FROM account WHERE id = $1', [
    account.accountId,
  ])
  const name = rows[0]?.name ?? ''
  const verify = (...args: string[]) => runCommand(['audit', 'verify', ...args], environment)
  /** The same without a process of its own, for there are many attacks. */
  const verifyHere = async () => {
    const lines: string[] = []
    const { rows: accounts } = await platform.database.pool.query<{ id: string; name: string }>(
      'SELECT id, name FROM account ORDER BY name',
    )
    const isWhole = await verifyAll(platform.database, accounts, undefined, (line) => lines.push(line))
    return { code: isWhole ? 0 : 1, output: lines.join('\n') }
  }

  const whole = await verify()
  expect(whole).toEqual({
    code: 0,
    output: expect.stringContaining(`${name}\twhole, entries 1 to ${last}; anchor ${last}:`),
  })
  const anchor = /anchor (\d+:[0-9a-f]{64})/.exec((await verify('--account', name)).output)?.[1] ?? ''
  expect((await verify('--account', name, '--anchor', anchor)).code).toBe(0)

  const own = `account_id = '${account.accountId}'`
  await platform.database.pool.query(`CREATE TABLE saved AS SELECT * FROM audit_entry WHERE ${own}`)
  const undo = () => tamper(`DELETE FROM audit_entry WHERE ${own}`, 'INSERT INTO audit_entry SELECT * FROM saved')
  const swap = (a: number, b: number, columns: string[]) => `
    UPDATE audit_entry AS e SET ${columns.map((column) => `${column} = o.${column}`)} FROM audit_entry AS o
    WHERE e.${own} AND o.${own} AND e.number IN (${a}, ${b}) AND o.number = ${a + b} - e.number`
  const pairs = numbers.flatMap((a) => numbers.filter((b) => b > a).map((b) => [a, b] as const))
  const attacks: [statement: string, found: RegExp][] = [
    ...numbers.flatMap((number): [string, RegExp][] => [
      [
        `UPDATE audit_entry SET actor_id = 'nobody' WHERE ${own} AND number = ${number}`,
        new RegExp(`NOT WHOLE: entry ${number}, .* was changed`),
      ],
      [
        `UPDATE audit_entry AS e SET action = 'x', hash = audit_hash(c, number, previous)
         FROM (SELECT (SELECT jsonb_populate_record(a, '{"action": "x"}') FROM audit_entry AS a WHERE ${own} AND number = ${number}) AS c) AS c
         WHERE ${own} AND number = ${number}`,
        new RegExp(`NOT WHOLE: entry ${Math.min(number + 1, last)}`),
      ],
      [
        `DELETE FROM audit_entry WHERE ${own} AND number = ${number}`,
        new RegExp(`NOT WHOLE: entry ${number} was removed`),
      ],
    ]),
    ...pairs.flatMap(([a, b]): [string, RegExp][] => [
      [swap(a, b, ['number', 'previous', 'hash']), new RegExp(`NOT WHOLE: entry ${a}`)],
      [swap(a, b, ['action', 'subject_id', 'after']), new RegExp(`NOT WHOLE: entry ${a}, .* was changed`)],
    ]),
  ]
  const judge = ({ code, output }: { code: number | null; output: string }, [statement, found]: [string, RegExp]) => {
    expect(output, statement).toMatch(found)
    expect(output.match(/whole, entries/g), 'the other account is whole').toHaveLength(1)
    expect(code).toBe(1)
  }
  for (const [index, attack] of attacks.entries()) {
    await tamper(attack[0])
    judge(await verifyHere(), attack)
    if (index === 0 || index === attacks.length - 1) judge(await verify(), attack)
    await undo()
  }
  expect(await verify(), 'all is undone').toEqual(whole)

  // Whoever owns the database can write the chain anew; only an anchor that was kept shows that.
  await tamper(
    `DELETE FROM audit_entry WHERE ${own} AND number = ${last}`,
    `UPDATE audit_chain SET number = ${last - 1}, hash = (SELECT hash FROM audit_entry WHERE ${own} AND number = ${last - 1}) WHERE ${own}`,
  )
  expect((await verify()).code).toBe(0)
  const cut = await verify('--account', name, '--anchor', anchor)
  expect(cut).toEqual({ code: 1, output: expect.stringContaining('the end was removed') })
}, 240_000)
