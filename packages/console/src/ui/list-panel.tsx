import type { ReactNode } from 'react'
import type { PagedList } from '../api/lists.ts'
import { Endless } from './endless.tsx'
import { List } from './list.tsx'
import { Panel } from './panel.tsx'

interface ListPanelProps<I> {
  title?: ReactNode
  list: PagedList<I>
  /** What stands there while there is nothing. */
  empty: ReactNode
  /** The row of an item, with its `key`. */
  children: (item: I) => ReactNode
}

/** A panel with a list that is read further on demand. */
export function ListPanel<I>({ title, list, empty, children }: ListPanelProps<I>) {
  return (
    <Panel {...(title !== undefined && { title })} isFlush>
      <Endless list={list} empty={empty}>
        {(items) => <List>{items.map(children)}</List>}
      </Endless>
    </Panel>
  )
}
