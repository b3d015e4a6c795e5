import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { generate } from 'mqtt-packet'
import sql from 'sql-template-tag'
import { afterAll, expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const open: Socket[] = []
afterAll(() => {
  for (const socket of open) socket.resetAndDestroy()
})

const crowd = 2_000
const serverUnavailable = 3
const secretOf = (id: string) => `the-secret-of-${id}`

/** Connects at once; whoever is told that there is no room now, or is cut off after a long wait, comes again. @returns the code of the last answer. */
async function connectNow(id: string): Promise<number | undefined> {
  const socket = connect(platform.mqttPort, '127.0.0.1')
  open.push(socket)
  socket.write(
    generate({ cmd: 'connect', clientId: id, username: id, password: Buffer.from(secretOf(id)), keepalive: 600 }),
  )
  const answer = await Promise.race([once(socket, 'data'), once(socket, 'close')])
    .then(([first]: unknown[]) => (Buffer.isBuffer(first) ? first : undefined))
    .catch(() => undefined)
  if (answer === undefined) return connectNow(id)
  const code = answer.subarray(0, 3).equals(Buffer.from([0x20, 2, 0])) ? answer[3] : undefined
  return code === serverUnavailable ? connectNow(id) : code
}

test('a crowd that connects at the same moment gets in whole, and requests are answered meanwhile', async () => {
  const account = await platform.newAccount()
  const { rows } = await platform.database.query<{ id: string }>(sql`
    INSERT INTO device (account_id, id, name, serialnumber, family, group_name, secret_hash, identity)
    SELECT ${account.accountId}, uuidv7(), 'd' || i, i::text, 'D450', 'unassigned', '', '' FROM generate_series(1, ${crowd}) AS i
    RETURNING id`)
  const ids = rows.map(({ id }) => id)
  await platform.database.query(sql`
    UPDATE device AS d SET secret_hash = s.hash
    FROM unnest(${ids}::uuid[], ${ids.map((id) => createHash('sha256').update(secretOf(id)).digest('hex'))}::text[]) AS s (id, hash)
    WHERE d.account_id = ${account.accountId} AND d.id = s.id`)

  let isOver = false
  const connects = Promise.all(ids.map(connectNow)).finally(() => {
    isOver = true
  })
  do {
    expect((await platform.fetch(`/v1/default/device/${ids[0]}`, { key: account.key })).status).toBe(200)
    expect((await platform.fetch('/healthz')).status).toBe(200)
  } while (!isOver)
  expect((await connects).filter((code) => code !== 0)).toEqual([])
  const { rows: connected } = await platform.database.query<{ connected: number }>(sql`
    SELECT count(*) AS connected FROM device WHERE account_id = ${account.accountId} AND online`)
  expect(connected[0]?.connected).toBe(crowd)
}, 60_000)
