import { useRef, useState } from 'react'
import type { Selection } from './virtual-table.tsx'

/** The API takes this many keys at a time. */
const mostKeys = 25_000

type Chosen = { kind: 'keys'; keys: ReadonlySet<string> } | { kind: 'matching' }
const nothing: Chosen = { kind: 'keys', keys: new Set() }

/**
 * What is chosen in a table: single rows, or all that match however many they are. With the Shift key a row is chosen with all
 * between it and the one before.
 */
export function useSelection(rowKeys: readonly string[]) {
  const [chosen, setChosen] = useState<Chosen>(nothing)
  const anchor = useRef<string>(undefined)
  const keys = chosen.kind === 'keys' ? chosen.keys : new Set<string>()
  const isMatching = chosen.kind === 'matching'
  const isAll = rowKeys.length > 0 && (isMatching || rowKeys.every((key) => keys.has(key)))
  const choose = (wanted: Iterable<string>) =>
    setChosen({ kind: 'keys', keys: new Set([...wanted].slice(0, mostKeys)) })

  const someOrNone = keys.size > 0 ? 'some' : 'none'

  const table: Selection = {
    has: (key) => isMatching || keys.has(key),
    toggle: (key, isRange) => {
      const next = new Set(isMatching ? rowKeys : keys)
      const range = isRange ? between(rowKeys, anchor.current, key) : [key]
      const isOn = !next.has(key)
      for (const one of range)
        if (isOn) next.add(one)
        else next.delete(one)
      anchor.current = key
      choose(next)
    },
    state: isAll ? 'all' : someOrNone,
    toggleAll: () => choose(isAll ? [] : rowKeys),
  }
  return {
    table,
    keys: [...keys],
    isMatching,
    isEmpty: !isMatching && keys.size === 0,
    choose,
    chooseMatching: () => setChosen({ kind: 'matching' }),
    clear: () => setChosen(nothing),
  }
}

/** The rows from one to another, both included; the other alone where the first is not there. */
function between(rowKeys: readonly string[], from: string | undefined, to: string): readonly string[] {
  const [start, end] = [from === undefined ? -1 : rowKeys.indexOf(from), rowKeys.indexOf(to)]
  if (start === -1 || end === -1) return [to]
  return rowKeys.slice(Math.min(start, end), Math.max(start, end) + 1)
}
