import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { getSummary } from '@mason/contract/device'
import { useQuery } from '@tanstack/react-query'
import { Search, X } from 'lucide-react'
import { useEffect, useState } from 'react'
import { one, read } from '../api/client.ts'
import classes from './devices-page.module.css'
import type { TableFilters } from './filters.ts'

const seenChoices = [
  { value: '1', label: 'Not seen for an hour' },
  { value: '24', label: 'Not seen for a day' },
  { value: '168', label: 'Not seen for a week' },
  { value: '720', label: 'Not seen for 30 days' },
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
      <Select
        className={classes.filter}
        aria-label="Status"
        placeholder="Any status"
        clearable
        data={[
          { value: 'true', label: 'Online' },
          { value: 'false', label: 'Offline' },
        ]}
        value={filters.online ?? null}
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
      <Select
        className={classes.filter}
        aria-label="Family"
        placeholder="Any family"
        clearable
        data={names(families, filters.family)}
        value={filters.family ?? null}
        onChange={(value) => set('family', value)}
      />
      <Select
        className={classes.filter}
        aria-label="Last check-in"
        placeholder="Seen any time"
        clearable
        data={seenChoices}
        value={filters.seen ?? null}
        onChange={(value) => set('seen', value)}
        comboboxProps={{ width: 190, position: 'bottom-end' }}
      />
      {filters.iccid && (
        <Button variant="light" rightSection={<X size={14} />} onClick={() => set('iccid', null)}>
          SIM {filters.iccid}
        </Button>
      )}
    </search>
  )
}
