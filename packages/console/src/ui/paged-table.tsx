import type { ReactNode } from 'react'
import type { PagedList } from '../api/lists.ts'
import { Failure, Loading } from './states.tsx'
import classes from './virtual-table.module.css'
import { VirtualTable, type VirtualTableProps } from './virtual-table.tsx'

interface PagedTableProps<R> extends Omit<VirtualTableProps<R>, 'rows' | 'onMore'> {
  list: PagedList<R>
  /** The rows that are shown; all that were read without. */
  rows?: readonly R[]
  /** Stands in where there are no rows. */
  empty: ReactNode
}

/** A list of the API as a table that reads on as it is scrolled, in each of its states. */
export function PagedTable<R>({ list, rows = list.items, empty, ...table }: PagedTableProps<R>) {
  if (list.error) return <Failure error={list.error} onRetry={list.refetch} />
  const loading = (
    <div className={classes.loading}>
      <Loading lines={10} />
    </div>
  )
  return <VirtualTable {...table} rows={rows} onMore={list.onMore} empty={list.isPending ? loading : empty} />
}
