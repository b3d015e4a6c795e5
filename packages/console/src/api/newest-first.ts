import type { Answer, Input, Item, PagedRoute } from '@mason/sdk/input'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { call } from './client.ts'

const pageSize = 50

interface NewestFirst<I> {
  items: I[]
  isPending: boolean
  error: unknown
  refetch: () => void
  /** Reads further back; absent at the beginning. */
  onMore: (() => void) | undefined
  isLoadingMore: boolean
}

/**
 * Reads a list from its end, newest first, page by page.
 *
 * @param end a page key behind every item.
 */
export function useNewestFirst<R extends PagedRoute>(
  route: R,
  input: Omit<Input<R>, 'before' | 'after' | 'limit'>,
  end: string,
): NewestFirst<Item<R>> {
  const query = useInfiniteQuery({
    queryKey: [route.schema.operationId, input, 'newest first'],
    queryFn: ({ pageParam, signal }) =>
      (call as (route: R, input: object, options: object) => Promise<Answer<R> & PageOf<Item<R>>>)(
        route,
        { ...input, limit: pageSize, before: pageParam },
        { signal },
      ),
    initialPageParam: end,
    getNextPageParam: ({ prevPage }) => prevPage,
    placeholderData: keepPreviousData,
    // A renewal reads every page that is held again: no more than somebody has scrolled through.
    maxPages: 20,
    getPreviousPageParam: () => undefined,
  })
  const items = useMemo(() => query.data?.pages.flatMap(({ data }) => data.toReversed()) ?? [], [query.data])
  return {
    items,
    isPending: query.isPending,
    error: query.data === undefined ? query.error : undefined,
    refetch: () => void query.refetch(),
    onMore: query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined,
    isLoadingMore: query.isFetchingNextPage,
  }
}

interface PageOf<I> {
  data: readonly I[]
  prevPage?: string
}

/** The page key behind every UUID. */
export const endOfIds = 'ffffffff-ffff-ffff-ffff-ffffffffffff'
/** The page key behind every event. */
export const endOfEvents = '~'
