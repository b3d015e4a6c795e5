import { Button, NativeSelect, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { getSummary } from '@mason/contract/device'
import { useQuery } from '@tanstack/react-query'
import { Search, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { one, read } from '../api/client.ts'
import classes from './devices-page.module.css'
import type { TableFilters } from './filters.ts'

const seenChoices = [
  { value: '1', label: 'Unseen for 1 hour' },
  { value: '24', label: 'Unseen for 1 day' },
  { value: '168', label: 'Unseen for 7 days' },
  { value: '720', label: 'Unseen for 30 days' },
]

/** Search and filters of the device table; they live in the address, so that a view can be sent to somebody. */
export function FilterBar({ filters, onChange }: { filters: TableFilters; onChange: (filters: TableFilters) => void }) {
  const [words, setWords] = useState(filters.n ?? '')
  useEffect(() => setWords(filters.n ?? ''), [filters.n])
  const set = (member: keyof TableFilters, value: string | null) => {
    const { [member]: _, ...rest } = filters
    onChange(value ? { ...rest, [member]: value } : rest)
  }
  const search = useDebouncedCallback((text: string) => set('n', text.trim()), 200)
  const summary = useQuery(read(getSummary, {}))
  const { groups, families } = summary.data ? one(summary.data) : { groups: [], families: [] }
  const names = (parts: { name: string }[], chosen: string | undefined) =>
    [...new Set([...parts.map(({ name }) => name), ...(chosen ? [chosen] : [])])].sort()

  return (
    <search className={classes.filters}>
      <TextInput
        className={classes.search}
        aria-label="Search by name, IMEI or serial number"
        placeholder="Name, IMEI or serial number"
        leftSection={<Search size={16} />}
        maxLength={200}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value)
          search(event.currentTarget.value)
        }}
      />
      <Choice
        label="Status"
        any="Any status"
        choices={[
          { value: 'true', label: 'Online' },
          { value: 'false', label: 'Offline' },
        ]}
        value={filters.online}
        onChange={(value) => set('online', value)}
      />
      <Select
        className={classes.filter}
        aria-label="Group"
        placeholder="Any group"
        clearable
        searchable
        limit={50}
        nothingFoundMessage="No such group"
        data={names(groups, filters.group)}
        value={filters.group ?? null}
        onChange={(value) => set('group', value)}
      />
      <Choice
        label="Family"
        any="Any family"
        choices={names(families, filters.family).map((name) => ({ value: name, label: name }))}
        value={filters.family}
        onChange={(value) => set('family', value)}
      />
      <Choice
        label="Last check-in"
        any="Seen any time"
        choices={seenChoices}
        value={filters.seen}
        onChange={(value) => set('seen', value)}
      />
      {filters.outOfDate && (
        <Button variant="light" rightSection={<X size={14} />} onClick={() => set('outOfDate', null)}>
          {filters.outOfDate === 'true' ? 'Out of date' : 'Up to date'}
        </Button>
      )}
      {filters.iccid && (
        <Button variant="light" rightSection={<X size={14} />} onClick={() => set('iccid', null)}>
          SIM {filters.iccid}
        </Button>
      )}
    </search>
  )
}

interface ChoiceProps {
  label: string
  /** What it says when it does not filter. */
  any: string
  choices: { value: string; label: string }[]
  value: string | undefined
  onChange: (value: string) => void
}

/** A filter of few values, by the browser's own list: it is there at once. */
function Choice({ label, any, choices, value = '', onChange }: ChoiceProps) {
  return (
    <NativeSelect
      className={classes.filter}
      aria-label={label}
      data={[{ value: '', label: any }, ...choices]}
      value={value}
      data-unset={value === '' || undefined}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
