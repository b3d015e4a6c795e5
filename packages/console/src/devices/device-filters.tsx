import { getSummary } from '@mason/contract/device'
import { deviceFields } from '@mason/contract/filter/fields'
import { useQuery } from '@tanstack/react-query'
import { one, read } from '../api/client.ts'
import { ChoiceFilter, FilterBar, GivenFilter, SearchedFilter, TextFilter, withFilter } from '../ui/filter-bar.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import type { TableFilters } from './filters.ts'

const seenChoices = [
  { value: '1', label: 'Unseen for 1 hour' },
  { value: '24', label: 'Unseen for 1 day' },
  { value: '168', label: 'Unseen for 7 days' },
  { value: '720', label: 'Unseen for 30 days' },
]
const statusChoices = [
  { value: 'true', label: 'Online' },
  { value: 'false', label: 'Offline' },
]

interface DeviceFiltersProps {
  filters: TableFilters
  onChange: (filters: TableFilters) => void
}

/** Search and filters of the device table. */
export function DeviceFilters({ filters, onChange }: DeviceFiltersProps) {
  const set = (name: keyof TableFilters) => (value: string | null) => onChange(withFilter(filters, name, value))
  const summary = useQuery(read(getSummary, {}))
  const { groups, families } = summary.data ? one(summary.data) : { groups: [], families: [] }
  return (
    <FilterBar>
      <TextFilter
        label="Search by name, IMEI or serial number"
        placeholder="Name, IMEI or serial number"
        value={filters.n}
        onChange={set('n')}
      />
      <ChoiceFilter
        label="Status"
        any="Any status"
        choices={statusChoices}
        value={filters.online}
        onChange={set('online')}
      />
      <SearchedFilter
        label="Group"
        any="Any group"
        choices={namesOf(groups, filters.group)}
        value={filters.group}
        onChange={set('group')}
      />
      <ChoiceFilter
        label="Family"
        any="Any family"
        choices={namesOf(families, filters.family)}
        value={filters.family}
        onChange={set('family')}
      />
      <ChoiceFilter
        label="Last check-in"
        any="Seen any time"
        choices={seenChoices}
        value={filters.seen}
        onChange={set('seen')}
      />
      <FilterField
        fields={deviceFields}
        placeholder="battery.level<20 and label.store==12"
        value={filters.filter}
        onChange={set('filter')}
      />
      {filters.outOfDate && (
        <GivenFilter onClear={() => set('outOfDate')(null)}>
          {filters.outOfDate === 'true' ? 'Out of date' : 'Up to date'}
        </GivenFilter>
      )}
      {filters.iccid && <GivenFilter onClear={() => set('iccid')(null)}>SIM {filters.iccid}</GivenFilter>}
    </FilterBar>
  )
}

/** The names there are, with the chosen one also when it has gone. */
const namesOf = (parts: readonly { name: string }[], chosen: string | undefined) =>
  [...new Set([...parts.map(({ name }) => name), ...(chosen ? [chosen] : [])])].sort()
