import { Checkbox } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type ReactNode, useEffect, useRef } from 'react'
import classes from './virtual-table.module.css'

export interface Column<R> {
  id: string
  label: string
  /** In rem; a column that grows takes what is left. */
  width: number
  grows?: boolean
  /** Left out where there is little room. */
  isWide?: boolean
  isNumber?: boolean
  cell: (row: R) => ReactNode
}

export interface Selection {
  has: (key: string) => boolean
  toggle: (key: string) => void
  /** Whether all rows, or some of them, are chosen. */
  state: 'all' | 'some' | 'none'
  toggleAll: () => void
}

interface VirtualTableProps<R> {
  label: string
  columns: readonly Column<R>[]
  rows: readonly R[]
  rowKey: (row: R) => string
  rowLabel: (row: R) => string
  selection?: Selection | undefined
  /** Asks for the rows behind the last; absent when there are none. */
  onMore?: (() => void) | undefined
  /** Stands in where there are no rows. */
  empty?: ReactNode
  foot?: ReactNode
}

const rowHeight = 46
const gapRem = 0.875
/** Rows behind the last one in view at which the next page is asked for. */
const rowsAhead = 60

/** A table that holds only the rows in view, however many there are. */
export function VirtualTable<R>({
  label,
  columns,
  rows,
  rowKey,
  rowLabel,
  selection,
  onMore,
  empty,
  foot,
}: VirtualTableProps<R>) {
  const scroll = useRef<HTMLDivElement>(null)
  const isNarrow = useMediaQuery('(max-width: 48em)', window.innerWidth <= 768)
  const shown = isNarrow ? columns.filter(({ isWide }) => !isWide) : columns
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : rowKey(row)
    },
    overscan: 12,
    initialRect: { width: 0, height: window.innerHeight },
  })
  const items = virtualizer.getVirtualItems()
  const lastIndex = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (onMore && lastIndex >= rows.length - rowsAhead) onMore()
  }, [onMore, lastIndex, rows.length])

  const tracks = shown.map(({ width, grows }) => (grows ? `minmax(${width}rem, ${width}fr)` : `${width}rem`))
  const style = {
    '--columns': [...(selection ? ['1.25rem'] : []), ...tracks].join(' '),
    '--row-height': `${rowHeight}px`,
    minWidth: `${shown.reduce((sum, { width }) => sum + width + gapRem, 3.5)}rem`,
  } as CSSProperties
  return (
    <div className={classes.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.scroll} ref={scroll} tabIndex={0} aria-label={label}>
        {rows.length === 0 ? (
          empty
        ) : (
          // biome-ignore lint/a11y/useSemanticElements: rows of a table element cannot be placed one by one
          <div className={classes.table} style={style} role="table" aria-label={label} aria-rowcount={-1}>
            {/* biome-ignore lint/a11y/useSemanticElements: as above */}
            <div className={classes.head} role="row">
              {selection && (
                // biome-ignore lint/a11y/useSemanticElements: as above
                <span role="columnheader">
                  <Checkbox
                    size="xs"
                    aria-label="Select all that are shown"
                    checked={selection.state === 'all'}
                    indeterminate={selection.state === 'some'}
                    onChange={selection.toggleAll}
                  />
                </span>
              )}
              {shown.map((column) => (
                // biome-ignore lint/a11y/useSemanticElements: as above
                <span
                  key={column.id}
                  role="columnheader"
                  className={`${classes.cell} ${column.isNumber ? classes.end : ''}`}
                >
                  {column.label}
                </span>
              ))}
            </div>
            {/* biome-ignore lint/a11y/useSemanticElements: as above */}
            <div className={classes.body} role="rowgroup" style={{ height: virtualizer.getTotalSize() }}>
              {items.map(({ index, key, start }) => {
                const row = rows[index]
                if (row === undefined) return undefined
                const isSelected = selection?.has(rowKey(row)) ?? false
                return (
                  // biome-ignore lint/a11y/useSemanticElements: as above
                  <div
                    key={key}
                    role="row"
                    aria-rowindex={index + 2}
                    className={classes.row}
                    data-selected={isSelected}
                    style={{ transform: `translateY(${start}px)` }}
                  >
                    {selection && (
                      // biome-ignore lint/a11y/useSemanticElements: as above
                      <span role="cell">
                        <Checkbox
                          size="xs"
                          aria-label={`Select ${rowLabel(row)}`}
                          checked={isSelected}
                          onChange={() => selection.toggle(rowKey(row))}
                        />
                      </span>
                    )}
                    {shown.map((column) => (
                      // biome-ignore lint/a11y/useSemanticElements: as above
                      <span
                        key={column.id}
                        role="cell"
                        className={`${classes.cell} ${column.isNumber ? classes.end : ''}`}
                      >
                        {column.cell(row)}
                      </span>
                    ))}
                  </div>
                )
              })}
            </div>
          </div>
        )}
      </section>
      {foot && <footer className={classes.foot}>{foot}</footer>}
    </div>
  )
}
