import { Button } from '@mantine/core'
import { useDisclosure, useLocalStorage } from '@mantine/hooks'
import type { Target } from '@mason/contract/target'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { BookmarkPlus, ClipboardList, FileUp, Rocket } from 'lucide-react'
import { useMemo } from 'react'
import { DeployDialog } from '../deployments/deploy-dialog.tsx'
import { ExportButton } from '../exports/export-button.tsx'
import { useCan } from '../session/session.ts'
import { Page } from '../ui/page.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { useSelection } from '../ui/selection.ts'
import { Soon } from '../ui/soon.tsx'
import { totalInWords } from '../ui/total.ts'
import { SaveViewDialog } from '../views/save-view-dialog.tsx'
import { ColumnMenu } from './column-menu.tsx'
import { columns, usualColumns } from './columns.tsx'
import { DeviceFilters } from './device-filters.tsx'
import { useDeviceRows } from './device-rows.ts'
import classes from './devices-page.module.css'
import { inWords, type TableFilters, toDeviceFilter, toFilterText } from './filters.ts'
import { ImportDevicesDialog } from './import-devices-dialog.tsx'
import { NoDevices } from './no-devices.tsx'
import { PasteDialog } from './paste-dialog.tsx'
import { SelectionBar } from './selection-bar.tsx'
import { useTotal } from './totals.ts'

const route = getRouteApi('/inside/devices')

/** The fleet as a table that stays smooth however large it is. */
export function DevicesPage() {
  const filters: TableFilters = route.useSearch()
  const navigate = useNavigate()
  const can = useCan()
  const list = useDeviceRows(filters)
  const { items: rows, hasMore } = list
  const total = useTotal(filters)
  const selection = useSelection(useMemo(() => rows.map(({ id }) => id), [rows]))
  const [isPasting, pasting] = useDisclosure(false)
  const [isSaving, saving] = useDisclosure(false)
  const [isDeploying, deploying] = useDisclosure(false)
  const [isImporting, importing] = useDisclosure(false)
  const [shownColumns, setShownColumns] = useLocalStorage({ key: 'mason.device-columns', defaultValue: usualColumns })
  const shown = useMemo(() => columns.filter(({ id }) => shownColumns.includes(id)), [shownColumns])

  const filterBy = (next: TableFilters) => {
    selection.clear()
    void navigate({ to: '/devices', search: next, replace: true })
  }
  const { sort, ...conditions } = filters
  const isFiltered = Object.keys(conditions).length > 0
  const target: Target = selection.isMatching ? { filter: toDeviceFilter(filters) } : { devices: selection.keys }

  return (
    <Page
      title="Devices"
      isWide
      isFull
      actions={
        <>
          <Button variant="default" leftSection={<ClipboardList size={16} />} onClick={pasting.open}>
            Paste a list
          </Button>
          {can('fleet:manager') && (
            <Button variant="default" leftSection={<FileUp size={16} />} onClick={importing.open}>
              Import
            </Button>
          )}
          {isFiltered && can('fleet:manager', 'account') && (
            <Button variant="default" leftSection={<BookmarkPlus size={16} />} onClick={saving.open}>
              Save view
            </Button>
          )}
          {isFiltered && can('fleet:deploy', 'account') && (
            <Button variant="default" leftSection={<Rocket size={16} />} onClick={deploying.open}>
              Deploy
            </Button>
          )}
          <ColumnMenu shown={shownColumns} onChange={setShownColumns} />
          <ExportButton label="CSV" content={{ kind: 'device', format: 'csv', ...toDeviceFilter(filters) }} />
        </>
      }
    >
      <Soon instead={<div className={classes.filtersToCome} />}>
        <DeviceFilters filters={filters} onChange={filterBy} />
      </Soon>
      {!selection.isEmpty && (
        <SelectionBar
          target={target}
          size={selection.isMatching ? total?.count : selection.keys.length}
          words={selection.isMatching ? inWords(filters) : ''}
          {...(selection.table.state === 'all' &&
            hasMore &&
            !selection.isMatching && { matching: total, onChooseMatching: selection.chooseMatching })}
          onClear={selection.clear}
        />
      )}
      <PagedTable
        label="Devices"
        columns={shown}
        list={list}
        rowKey={({ id }) => id}
        rowLabel={({ name }) => name}
        selection={selection.table}
        sort={sort}
        onSort={(next) => filterBy({ ...conditions, ...(next !== undefined && { sort: next }) })}
        empty={<NoDevices isFiltered={isFiltered} onClear={() => filterBy({})} />}
        foot={<span role="status">{totalInWords(rows.length, total, 'device')}</span>}
      />
      {isPasting && (
        <PasteDialog
          onChoose={(ids) => {
            selection.choose(ids)
            pasting.close()
          }}
          onClose={pasting.close}
        />
      )}
      {isImporting && <ImportDevicesDialog onClose={importing.close} />}
      {isDeploying && <DeployDialog filter={toFilterText(filters)} onClose={deploying.close} />}
      {isSaving && (
        <SaveViewDialog
          kind="device"
          filter={toFilterText(filters)}
          columns={shownColumns}
          sort={sort}
          onClose={saving.close}
        />
      )}
    </Page>
  )
}
