import { isAudited, type Route } from '@mason/contract/route'
import { expect } from 'vitest'
import type { RawAnswer } from './exchange.ts'
import type { Platform } from './harness.ts'

const secrets = /mason_\w{43,}|enroll_\w+|whsec_[\w+/=-]+|(?<=#)\w{43}/g

/**
 * Each change, download and refusal leaves exactly one entry in the audit trail, and a read none; none holds a secret that was
 * answered.
 */
export async function expectEntry({ database }: Platform, route: Route, answer: RawAnswer): Promise<void> {
  const { rows } = await database.pool.query<{ refusal: string | null; entry: string }>(
    'SELECT refusal, row_to_json(e)::text AS entry FROM audit_entry AS e WHERE request_id = $1',
    [answer.headers['x-request-id']],
  )
  for (const secret of answer.text.match(secrets) ?? [])
    for (const { entry } of rows) expect(entry).not.toContain(secret)
  expect(
    rows.map(({ refusal }) => refusal),
    `entries in the audit trail of ${route.schema.operationId}`,
  ).toEqual(expectedOf(route, answer))
}

function expectedOf(route: Route, { status, text }: RawAnswer): (string | null)[] {
  if (status === 403) return [JSON.parse(text).message]
  // Who has no session signs out of none.
  return isAudited(route) && route.schema.operationId !== 'signOut' ? [null] : []
}
