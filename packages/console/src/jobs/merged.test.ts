import { expect, test } from 'vitest'
import type { PagedList } from '../api/lists.ts'
import { merged } from './merged.ts'

const list = (times: string[], more: Partial<PagedList<{ createdAt: string }>> = {}) => ({
  items: times.map((createdAt) => ({ createdAt })),
  isPending: false,
  error: undefined,
  refetch: () => {},
  hasMore: false,
  onMore: undefined,
  isLoadingMore: false,
  ...more,
})

test('lists are one as far back as all of them were read, and read on where they end first', () => {
  const read: string[] = []
  const long = list(['9', '7', '5'], { hasMore: true, onMore: () => read.push('long') })
  const short = list(['8', '2', '1'], { hasMore: true, onMore: () => read.push('short') })
  const whole = list(['6', '4'])
  const both = merged([long, short, whole])
  expect(both.items.map(({ createdAt }) => createdAt)).toEqual(['9', '8', '7', '6', '5'])
  both.onMore?.()
  expect(read).toEqual(['long'])
  expect(merged([whole, list([])])).toMatchObject({ hasMore: false, isPending: false, onMore: undefined })
  expect(merged([whole, list([], { isPending: true })]).isPending).toBe(true)
})
