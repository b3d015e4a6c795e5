import { describe, expect, test } from 'vitest'
import { usePlatform } from '../../../test/harness.ts'
import { newUser } from '../../../test/users.ts'

const platform = usePlatform({}, { areJobsRunning: false })

async function somebody() {
  const { browser, id } = await newUser(platform, await platform.newAccount())
  const change = async (body: object) => {
    const answer = await browser.post('/auth/preferences', body)
    return answer.status === 200 ? answer.body.data[0] : [answer.status, answer.body.message]
  }
  const session = async () => (await browser.get('/auth/session')).body.data[0].preferences
  return { id, change, session }
}

describe('how somebody is told of times', () => {
  test('is 24 hours in the zone of the browser, until they choose', async () => {
    const { change, session } = await somebody()
    expect(await session()).toEqual({ digest: 'off', clock: '24h' })
    expect(await change({ timezone: 'Asia/Tokyo', clock: '12h' })).toEqual({
      digest: 'off',
      timezone: 'Asia/Tokyo',
      clock: '12h',
    })
    expect(await change({ digest: 'daily' })).toEqual({ digest: 'daily', timezone: 'Asia/Tokyo', clock: '12h' })
    expect(await session()).toEqual({ digest: 'daily', timezone: 'Asia/Tokyo', clock: '12h' })
    expect(await change({ timezone: null })).toEqual({ digest: 'daily', clock: '12h' })
    expect(await change({})).toEqual({ digest: 'daily', clock: '12h' })
  })

  test('moves the digest, which comes at seven where they are', async () => {
    const { id, change } = await somebody()
    const hour = async () => {
      const { rows } = await platform.database.pool.query<{ hour: number }>(
        "SELECT extract(hour FROM digest_due_at AT TIME ZONE 'UTC')::int AS hour FROM app_user WHERE id = $1",
        [id],
      )
      return rows[0]?.hour
    }
    await change({ digest: 'daily' })
    expect(await hour()).toBe(7)
    await change({ timezone: 'Asia/Tokyo' })
    expect(await hour()).toBe(22)
    await change({ timezone: null })
    expect(await hour()).toBe(7)
    await change({ digest: 'off' })
    expect(await hour()).toBeNull()
  })

  test.each([
    [{ timezone: 'CET' }, /timezone must be an IANA time zone/],
    [{ timezone: '' }, /timezone/],
    [{ clock: '13h' }, /clock/],
  ])('%o is refused, and changes nothing', async (input, message) => {
    const { change, session } = await somebody()
    expect(await change({ digest: 'daily', ...input })).toEqual([400, expect.stringMatching(message)])
    expect(await session()).toEqual({ digest: 'off', clock: '24h' })
  })
})
