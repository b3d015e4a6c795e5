import type { PagedList } from '../api/lists.ts'

/** Something of a list whose newest items come first. */
interface Dated {
  createdAt: string
}

/** A list of something else. */
export const as = <I, J>(list: PagedList<I>, toOther: (item: I) => J): PagedList<J> => ({
  ...list,
  items: list.items.map(toOther),
})

/** Several lists as one, newest first: as far back as all of them were read. */
export function merged<I extends Dated>(lists: readonly PagedList<I>[]): PagedList<I> {
  const begun = lists.map(({ items, hasMore }) => (hasMore ? (items.at(-1)?.createdAt ?? '') : ''))
  const since = begun.reduce((latest, one) => (one > latest ? one : latest), '')
  const items = lists
    .flatMap((list) => list.items)
    .filter(({ createdAt }) => createdAt >= since)
    .sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1))
  const behind = lists.filter((list, index) => list.hasMore && begun[index] === since)
  const more = behind.flatMap(({ onMore }) => onMore ?? [])
  return {
    items,
    isPending: lists.some(({ isPending }) => isPending),
    error: lists.find(({ error }) => error)?.error,
    refetch: () => {
      for (const list of lists) list.refetch()
    },
    hasMore: behind.length > 0,
    onMore:
      more.length === 0
        ? undefined
        : () => {
            for (const read of more) read()
          },
    isLoadingMore: behind.some(({ isLoadingMore }) => isLoadingMore),
  }
}
