import type { Answer, Input, Item, PagedRoute } from '@mason/sdk/input'
import {
  type InfiniteData,
  keepPreviousData,
  type QueryKey,
  type UseInfiniteQueryOptions,
  useInfiniteQuery,
} from '@tanstack/react-query'
import { useMemo } from 'react'
import { call } from './client.ts'

/** A list of the API, as far as it has been read. */
export interface PagedList<I> {
  items: I[]
  isPending: boolean
  error: unknown
  refetch: () => void
  /** Whether there is more than has been read. */
  hasMore: boolean
  /** Reads the next page; absent at the end, and while a page is on its way. */
  onMore: (() => void) | undefined
  isLoadingMore: boolean
}

/** Reads a list page by page; `itemsOf` must be the same function each time. */
export function usePages<P, I, K extends QueryKey>(
  options: UseInfiniteQueryOptions<P, Error, InfiniteData<P>, K, string | undefined>,
  itemsOf: (page: P) => readonly I[],
): PagedList<I> {
  const query = useInfiniteQuery(options)
  const items = useMemo(() => query.data?.pages.flatMap((page) => itemsOf(page)) ?? [], [query.data, itemsOf])
  return {
    items,
    isPending: query.isPending,
    error: query.data === undefined ? query.error : undefined,
    refetch: () => void query.refetch(),
    hasMore: query.hasNextPage,
    onMore: query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined,
    isLoadingMore: query.isFetchingNextPage,
  }
}

interface Page<I> {
  data: readonly I[]
  nextPage?: string
  prevPage?: string
}

type Filters<R extends PagedRoute> = Omit<Input<R>, 'before' | 'after' | 'limit'>

const readPage = <R extends PagedRoute>(route: R, input: object, signal: AbortSignal): Promise<Page<Item<R>>> =>
  (call as (route: R, input: object, options: object) => Promise<Answer<R> & Page<Item<R>>>)(route, input, { signal })

interface ListOptions {
  /** Items a page. */
  limit?: number
  /** What was read stays until what is asked for now is there. */
  keepsPrevious?: boolean
}

/** Reads a list in the API's own order. */
export function useList<R extends PagedRoute>(
  route: R,
  input: Filters<R>,
  { limit = 100, keepsPrevious = false }: ListOptions = {},
): PagedList<Item<R>> {
  return usePages(
    {
      queryKey: [route.schema.operationId, input, 'in order'],
      queryFn: ({ pageParam, signal }) =>
        readPage(route, { ...input, limit, ...(pageParam !== undefined && { after: pageParam }) }, signal),
      initialPageParam: undefined,
      getNextPageParam: ({ nextPage }) => nextPage,
      ...(keepsPrevious && { placeholderData: keepPreviousData }),
      refetchOnWindowFocus: false,
    },
    inOrder<Item<R>>,
  )
}

/**
 * Reads a list from its end, newest first.
 *
 * @param end a page key behind every item.
 * @param isAllowed whether it may be read at all.
 */
export function useNewestFirst<R extends PagedRoute>(
  route: R,
  input: Filters<R>,
  end: string,
  { isAllowed = true }: { isAllowed?: boolean } = {},
): PagedList<Item<R>> {
  return usePages(
    {
      enabled: isAllowed,
      queryKey: [route.schema.operationId, input, 'newest first'],
      queryFn: ({ pageParam, signal }) => readPage(route, { ...input, limit: 50, before: pageParam }, signal),
      initialPageParam: end,
      getNextPageParam: ({ prevPage }) => prevPage,
      placeholderData: keepPreviousData,
      // A renewal reads every page that is held again: no more than somebody has scrolled through.
      maxPages: 20,
      getPreviousPageParam: () => undefined,
    },
    reversed<Item<R>>,
  )
}

const inOrder = <I>({ data }: Page<I>) => data
const reversed = <I>({ data }: Page<I>) => data.toReversed()
