import { Button, Center } from '@mantine/core'
import type { ReactNode } from 'react'
import { Failure, Loading } from './states.tsx'

interface EndlessProps<I> {
  list: {
    items: I[]
    isPending: boolean
    error: unknown
    refetch: () => void
    onMore: (() => void) | undefined
    isLoadingMore: boolean
  }
  empty: ReactNode
  /** What the button says that reads on. */
  more?: string
  children: (items: I[]) => ReactNode
}

/** A list that is read further on demand, in each of its states. */
export function Endless<I>({ list, empty, more = 'Show older', children }: EndlessProps<I>) {
  if (list.error) return <Failure error={list.error} onRetry={list.refetch} />
  if (list.isPending)
    return (
      <div style={{ padding: '0 1.125rem' }}>
        <Loading lines={8} />
      </div>
    )
  if (list.items.length === 0 && !list.onMore && !list.isLoadingMore) return empty
  return (
    <>
      {children(list.items)}
      {(list.onMore || list.isLoadingMore) && (
        <Center p="sm">
          <Button variant="subtle" size="xs" loading={list.isLoadingMore} onClick={() => list.onMore?.()}>
            {more}
          </Button>
        </Center>
      )}
    </>
  )
}
