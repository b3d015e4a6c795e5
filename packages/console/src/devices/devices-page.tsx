import { useLocalStorage } from '@mantine/hooks'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useMemo } from 'react'
import { ExportButton } from '../exports/export-button.tsx'
import { counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { Soon } from '../ui/soon.tsx'
import { ColumnMenu } from './column-menu.tsx'
import { columns, usualColumns } from './columns.tsx'
import { DeviceFilters } from './device-filters.tsx'
import { useDeviceRows } from './device-rows.ts'
import classes from './devices-page.module.css'
import { type TableFilters, toDeviceFilter } from './filters.ts'
import { NoDevices } from './no-devices.tsx'
import { useSelection } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'

const route = getRouteApi('/inside/devices')

/** The fleet as a table that stays smooth however large it is. */
export function DevicesPage() {
  const filters = route.useSearch()
  const navigate = useNavigate()
  const list = useDeviceRows(filters)
  const { items: rows, hasMore } = list
  const selection = useSelection(rows, filters)
  const [shownColumns, setShownColumns] = useLocalStorage({ key: 'mason.device-columns', defaultValue: usualColumns })
  const shown = useMemo(() => columns.filter(({ id }) => shownColumns.includes(id)), [shownColumns])

  const filterBy = (next: TableFilters) => {
    selection.clear()
    void navigate({ to: '/devices', search: next, replace: true })
  }
  const isFiltered = Object.keys(filters).length > 0

  return (
    <Page
      title="Devices"
      isWide
      isFull
      actions={
        <>
          <ColumnMenu shown={shownColumns} onChange={setShownColumns} />
          <ExportButton label="CSV" content={{ kind: 'device', format: 'csv', ...toDeviceFilter(filters) }} />
        </>
      }
    >
      {selection.isEmpty ? (
        <Soon instead={<div className={classes.filtersToCome} />}>
          <DeviceFilters filters={filters} onChange={filterBy} />
        </Soon>
      ) : (
        <SelectionBar selection={selection} hasMore={hasMore} loaded={rows.length} />
      )}
      <PagedTable
        label="Devices"
        columns={shown}
        list={list}
        rowKey={({ id }) => id}
        rowLabel={({ name }) => name}
        selection={selection.table}
        empty={<NoDevices isFiltered={isFiltered} onClear={() => filterBy({})} />}
        foot={
          <span role="status">
            {counted(rows.length, 'device')}
            {hasMore && ' loaded, scroll for more'}
          </span>
        }
      />
    </Page>
  )
}
