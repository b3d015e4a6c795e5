import { useLocalStorage } from '@mantine/hooks'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { useCallback, useEffect, useMemo } from 'react'
import { ExportButton } from '../exports/export-button.tsx'
import { counted } from '../ui/numbers.ts'
import { Soon } from '../ui/soon.tsx'
import { Failure, Loading } from '../ui/states.tsx'
import { VirtualTable } from '../ui/virtual-table.tsx'
import { ColumnMenu } from './column-menu.tsx'
import { columns, usualColumns } from './columns.tsx'
import { useDeviceRows } from './device-rows.ts'
import classes from './devices-page.module.css'
import { FilterBar } from './filter-bar.tsx'
import { type TableFilters, toDeviceFilter } from './filters.ts'
import { NoDevices } from './no-devices.tsx'
import { useSelection } from './selection.ts'
import { SelectionBar } from './selection-bar.tsx'

const route = getRouteApi('/inside/devices')

/** The fleet as a table that stays smooth however large it is. */
export function DevicesPage() {
  const filters = route.useSearch()
  const navigate = useNavigate()
  useEffect(() => {
    document.title = 'Devices · Mason'
  }, [])

  const { rows, isPending, isError, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } =
    useDeviceRows(filters)
  const selection = useSelection(rows, filters)
  const [shownColumns, setShownColumns] = useLocalStorage({ key: 'mason.device-columns', defaultValue: usualColumns })
  const shown = useMemo(() => columns.filter(({ id }) => shownColumns.includes(id)), [shownColumns])
  const onMore = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage()
  }, [isFetchingNextPage, fetchNextPage])

  const filterBy = (next: TableFilters) => {
    selection.clear()
    void navigate({ to: '/devices', search: next, replace: true })
  }
  const isFiltered = Object.keys(filters).length > 0

  return (
    <div className={classes.page}>
      <header className={classes.head}>
        <h1 className={classes.title}>Devices</h1>
        <div className={classes.filters}>
          <ColumnMenu shown={shownColumns} onChange={setShownColumns} />
          <ExportButton label="CSV" content={{ kind: 'device', format: 'csv', ...toDeviceFilter(filters) }} />
        </div>
      </header>
      {selection.isEmpty ? (
        <Soon instead={<div className={classes.filtersToCome} />}>
          <FilterBar filters={filters} onChange={filterBy} />
        </Soon>
      ) : (
        <SelectionBar selection={selection} hasMore={hasNextPage} loaded={rows.length} />
      )}
      {isError && rows.length === 0 ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <VirtualTable
          label="Devices"
          columns={shown}
          rows={rows}
          rowKey={({ id }) => id}
          rowLabel={({ name }) => name}
          selection={selection.table}
          onMore={hasNextPage ? onMore : undefined}
          empty={isPending ? <LoadingRows /> : <NoDevices isFiltered={isFiltered} onClear={() => filterBy({})} />}
          foot={
            <span role="status">
              {hasNextPage
                ? `${counted(rows.length, 'device')} loaded, more as you scroll`
                : counted(rows.length, 'device')}
            </span>
          }
        />
      )}
    </div>
  )
}

function LoadingRows() {
  return (
    <div style={{ padding: '0.75rem 1.125rem' }}>
      <Loading lines={12} />
    </div>
  )
}
