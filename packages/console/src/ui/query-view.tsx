import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { isGone } from '../api/faults.ts'
import { Failure, Loading } from './states.tsx'

interface QueryViewProps<T> {
  query: UseQueryResult<T>
  /** Stands in while the first answer is on its way. */
  loading?: ReactNode
  children: (data: T) => ReactNode
}

/** Shows a read in each of its states. An answer that was shown stays while it is renewed, until what it tells of has gone. */
export function QueryView<T>({ query, loading = <Loading />, children }: QueryViewProps<T>) {
  if (query.data !== undefined && !isGone(query.error)) return children(query.data)
  if (query.isError) return <Failure error={query.error} onRetry={() => void query.refetch()} />
  return loading
}
