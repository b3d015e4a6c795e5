import type { Target } from '@mason/contract/notification'
import { useState } from 'react'
import type { Selection } from '../ui/virtual-table.tsx'
import type { DeviceRow } from './device-rows.ts'
import { type TableFilters, toDeviceFilter } from './filters.ts'

/** The API takes this many ids at a time. */
const mostIds = 25_000

type Chosen = { kind: 'ids'; ids: ReadonlySet<string> } | { kind: 'matching' }
const nothing: Chosen = { kind: 'ids', ids: new Set() }

/** What is chosen in the device table: single devices, or all that match however many they are. */
export function useSelection(rows: readonly DeviceRow[], filters: TableFilters) {
  const [chosen, setChosen] = useState<Chosen>(nothing)
  const ids = chosen.kind === 'ids' ? chosen.ids : new Set<string>()
  const isMatching = chosen.kind === 'matching'
  const isAll = rows.length > 0 && (isMatching || rows.every(({ id }) => ids.has(id)))

  const someOrNone = ids.size > 0 ? 'some' : 'none'

  const table: Selection = {
    has: (id) => isMatching || ids.has(id),
    toggle: (id) => {
      const next = new Set(isMatching ? rows.map((row) => row.id) : ids)
      if (!next.delete(id)) next.add(id)
      setChosen({ kind: 'ids', ids: next })
    },
    state: isAll ? 'all' : someOrNone,
    toggleAll: () =>
      setChosen(isAll ? nothing : { kind: 'ids', ids: new Set(rows.slice(0, mostIds).map(({ id }) => id)) }),
  }
  const target: Target = isMatching ? { filter: toDeviceFilter(filters) } : { devices: [...ids] }
  return {
    table,
    target,
    /** How many are chosen; undefined for all that match, which nobody has counted. */
    size: isMatching ? undefined : ids.size,
    isEmpty: !isMatching && ids.size === 0,
    chooseMatching: () => setChosen({ kind: 'matching' }),
    clear: () => setChosen(nothing),
  }
}
