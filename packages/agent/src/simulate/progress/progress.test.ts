import { expect, test } from 'vitest'
import { statusLine } from './progress.ts'
import { Statistics } from './statistics.ts'

test('one line says how it goes', () => {
  const statistics = new Statistics(2000)
  statistics.enrolled = 1999
  statistics.checkIns = 12_345
  statistics.recordLatency(2)
  statistics.recordError(new Error('cut'))
  expect(statusLine(statistics, 401.6)).toBe(
    'enrolled 1,999/2,000 · check-ins 12,345 · 402/s · errors 1 · p50 2 ms · p99 2 ms',
  )
  statistics.connected = 1500
  statistics.commands.acknowledged = 1200
  statistics.commands.dropped = 3
  expect(statusLine(statistics, 0)).toMatch(/^enrolled 1,999\/2,000 · connected 1,500 · check-ins/)
  expect(statusLine(statistics, 0)).toMatch(/ · commands 1,200 acknowledged, 3 dropped$/)
  statistics.lateMs = 3100
  expect(statusLine(statistics, 0)).toMatch(/ · 3 s behind$/)
})
