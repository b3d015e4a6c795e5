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
  /** What the API calls it where rows can be sorted by it. */
  sort?: string
  cell: (row: R) => ReactNode
}

export interface Selection {
  has: (key: string) => boolean
  /** @param isRange with all rows between it and the one before. */
  toggle: (key: string, isRange: boolean) => void
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
  /** The order, as the API takes it, and who is asked for another. */
  sort?: string | undefined
  onSort?: ((sort: string | undefined) => void) | undefined
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
  sort,
  onSort,
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
    <div className={classes.frame} data-short={rows.length === 1 || rows.length === 2} ref={frame}>
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
                {shown.map((column) => (
                  <Heading key={column.id} column={column} sort={sort} onSort={onSort} />
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
                          onToggle={(isRange) => selection.toggle(key, isRange)}
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

interface HeadingProps {
  column: Pick<Column<never>, 'label' | 'isNumber' | 'sort'>
  sort: string | undefined
  onSort: ((sort: string | undefined) => void) | undefined
}

/** The head of a column: up, down, and back to the usual order. */
function Heading({ column: { label, isNumber, sort: name }, sort, onSort }: HeadingProps) {
  const className = isNumber ? classes.number : undefined
  if (name === undefined || onSort === undefined)
    return (
      <th scope="col" className={className}>
        {label}
      </th>
    )
  const order = orderOf(name, sort)
  const { next, word, arrow } = orders[order]
  return (
    <th scope="col" className={className} aria-sort={word}>
      <button type="button" className={classes.sort} onClick={() => onSort(next(name))}>
        {label}
        <span aria-hidden="true">{arrow}</span>
      </button>
    </th>
  )
}

function orderOf(name: string, sort: string | undefined): keyof typeof orders {
  if (sort === name) return 'up'
  return sort === `-${name}` ? 'down' : 'none'
}

/** What follows each order, and how it is said and drawn. */
const orders = {
  none: { next: (name: string) => name, word: 'none', arrow: '' },
  up: { next: (name: string) => `-${name}`, word: 'ascending', arrow: '↑' },
  down: { next: () => undefined, word: 'descending', arrow: '↓' },
} as const

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
