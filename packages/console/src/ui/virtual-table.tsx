import { useElementSize } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useRef } from 'react'
import { Tick } from './tick.tsx'
import classes from './virtual-table.module.css'

export interface Column<R> {
  id: string
  label: string
  /** In rem; a column that grows takes what is left. */
  width: number
  grows?: boolean
  /** Left out where there is no room for it. */
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

export interface VirtualTableProps<R> {
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
  const { ref: frame, width } = useElementSize()
  const shown = fitting(columns, width || window.innerWidth, selection !== undefined)
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => rowHeight,
    getItemKey: (index) => {
      const row = rows[index]
      return row === undefined ? index : rowKey(row)
    },
    overscan: 6,
    initialRect: { width: 0, height: window.innerHeight },
  })
  const items = virtualizer.getVirtualItems()
  const lastIndex = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (onMore && lastIndex >= rows.length - rowsAhead) onMore()
  }, [onMore, lastIndex, rows.length])

  const above = items[0]?.start ?? 0
  const below = virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0)
  const minWidth = `${widthOf(shown, selection !== undefined)}rem`
  return (
    <div className={classes.frame} ref={frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section className={classes.scroll} ref={scroll} tabIndex={0} aria-label={label}>
        {rows.length === 0 ? (
          empty
        ) : (
          <table className={classes.table} style={{ minWidth }} aria-label={label} aria-rowcount={-1}>
            <colgroup>
              {selection && <col style={{ width: '2.75rem' }} />}
              {shown.map(({ id, width, grows }) => (
                <col key={id} style={grows ? undefined : { width: `${width}rem` }} />
              ))}
            </colgroup>
            <thead>
              <tr>
                {selection && (
                  <th scope="col">
                    <Tick
                      label="Select all shown"
                      isOn={selection.state === 'all'}
                      isMixed={selection.state === 'some'}
                      onToggle={selection.toggleAll}
                    />
                  </th>
                )}
                {shown.map(({ id, label: heading, isNumber }) => (
                  <th key={id} scope="col" className={isNumber ? classes.number : undefined}>
                    {heading}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              <Gap height={above} />
              {items.map(({ index }) => {
                const row = rows[index]
                if (row === undefined) return undefined
                const key = rowKey(row)
                const isSelected = selection?.has(key) ?? false
                return (
                  <tr key={key} aria-rowindex={index + 2} data-selected={isSelected} style={{ height: rowHeight }}>
                    {selection && (
                      <td>
                        <Tick
                          label={`Select ${rowLabel(row)}`}
                          isOn={isSelected}
                          onToggle={() => selection.toggle(key)}
                        />
                      </td>
                    )}
                    {shown.map(({ id, cell, isNumber }) => (
                      <td key={id} className={isNumber ? classes.number : undefined}>
                        {cell(row)}
                      </td>
                    ))}
                  </tr>
                )
              })}
              <Gap height={below} />
            </tbody>
          </table>
        )}
      </section>
      {foot && <footer className={classes.foot}>{foot}</footer>}
    </div>
  )
}

const widthOf = (columns: readonly Column<never>[], hasSelection: boolean) =>
  columns.reduce((sum, { width }) => sum + width, hasSelection ? 3 : 1)

/** The columns that there is room for, from the first to the last; those that matter most are there in any case. */
function fitting<R>(columns: readonly Column<R>[], pixels: number, hasSelection: boolean): readonly Column<R>[] {
  const room = pixels / Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  let taken = widthOf(
    columns.filter(({ isWide }) => !isWide),
    hasSelection,
  )
  return columns.filter(({ isWide, width }) => {
    if (!isWide) return true
    if (taken + width > room) return false
    taken += width
    return true
  })
}

/** The room of the rows that are out of view. */
function Gap({ height }: { height: number }) {
  return height > 0 && <tr style={{ height }} />
}
