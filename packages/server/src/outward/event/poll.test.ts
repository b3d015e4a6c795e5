import { createGroup } from '@mason/contract/group'
import { afterAll, expect, test, vi } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { usePlatform } from '../../../test/harness.ts'

const platform = usePlatform()
const following = new AbortController()
afterAll(() => following.abort())

/** Follows the events of a new account; what has come is in `text`. */
async function follow() {
  const account = await platform.newAccount()
  const { signal } = following
  const answer = await platform.fetch('/v1/default/event/stream', { key: account.key, signal })
  const received = { account, text: '' }
  const read = async () => {
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) received.text += chunk
  }
  read().catch(() => {})
  return received
}

test('the streams of many accounts cost a node one poll', async () => {
  const query = vi.spyOn(platform.database, 'query')
  const statements = (part: string) => query.mock.calls.filter(([{ text }]) => text.includes(part)).length
  const pollsOf = async (names: string[]) => {
    query.mockClear()
    for (const name of names) {
      await Promise.all(streams.map(({ account }) => account.call(createGroup, { name })))
      await eventually(() => expect(streams.filter(({ text }) => !text.includes(`"${name}"`))).toEqual([]))
    }
    const [polls, reads] = [statements('event_horizon'), statements('event_document')]
    expect(polls).toBeGreaterThan(0)
    expect(reads).toBeLessThanOrEqual(polls)
  }
  const streams = [await follow()]
  await pollsOf(['one', 'two', 'three'])
  streams.push(...(await Promise.all(Array.from({ length: 30 }, follow))))
  await pollsOf(['four', 'five', 'six'])
  for (const { text } of streams.slice(1))
    expect(text.match(/"(four|five|six)"/g)).toEqual(['"four"', '"five"', '"six"'])
})

test('the lag of events is a metric: how long a transaction that writes them has been open', async () => {
  const { key, accountId } = await platform.newAccount({ isOperator: true })
  const lag = async () => {
    const text = await (await platform.fetch('/metrics', { key })).text()
    return Number(/^mason_event_lag_seconds (\S+)$/m.exec(text)?.[1])
  }
  expect(await lag()).toBe(0)
  await platform.database.transaction(async (tx) => {
    await tx.query({
      name: '',
      text: `SELECT record_events(ARRAY[ROW('${accountId}', 'test.lag', '{}', '{}', NULL, NULL)::new_event])`,
      values: [],
    })
    await eventually(async () => expect(await lag()).toBeGreaterThan(0.1))
  })
  expect(await lag()).toBe(0)
})
