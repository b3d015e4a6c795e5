import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { simFields } from '@mason/contract/filter/fields'
import { listSims, type Sim, type SimQuery, type SimState, simStates } from '@mason/contract/sim'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { BookmarkPlus, CardSim, FileUp, Plus, Tag } from 'lucide-react'
import { useMemo } from 'react'
import { simCount } from '../api/counts.ts'
import { useList } from '../api/lists.ts'
import { useCarrierNames } from '../carriers/carrier-names.ts'
import { ExportButton } from '../exports/export-button.tsx'
import { useCan } from '../session/session.ts'
import { ChoiceFilter, FilterBar, SearchedFilter, TextFilter, withFilter } from '../ui/filter-bar.tsx'
import { FilterField } from '../ui/filter-field.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { useSelection } from '../ui/selection.ts'
import { Empty } from '../ui/states.tsx'
import { totalInWords } from '../ui/total.ts'
import type { Column } from '../ui/virtual-table.tsx'
import { SaveViewDialog } from '../views/save-view-dialog.tsx'
import { toFilterText } from './filters.ts'
import { ImportSimsDialog } from './import-sims-dialog.tsx'
import { RegisterDialog } from './register-dialog.tsx'
import { SelectionBar } from './selection-bar.tsx'
import { SimStatus } from './sim-state.tsx'
import classes from './sims-page.module.css'

const route = getRouteApi('/inside/sims')

/** The SIMs of the account, with what each has used this month. */
export function SimsPage() {
  const filters = route.useSearch()
  const can = useCan()
  const navigate = useNavigate()
  const [isRegistering, registering] = useDisclosure(false)
  const [isImporting, importing] = useDisclosure(false)
  const [isSaving, saving] = useDisclosure(false)
  const { state, sort, ...rest } = filters
  const query = { ...rest, ...(state && { state: state as SimState }) }
  const list = useList(
    listSims,
    { ...query, ...(sort && { sort: sort as NonNullable<SimQuery['sort']> }) },
    { keepsPrevious: true },
  )
  const { data: total } = useQuery({ ...simCount(query), placeholderData: keepPreviousData })
  const carriers = useCarrierNames()
  const selection = useSelection(useMemo(() => list.items.map(({ iccid }) => iccid), [list.items]))
  const go = (search: typeof filters) => {
    selection.clear()
    void navigate({ to: '/sims', search, replace: true })
  }
  const filterBy = (name: keyof typeof filters) => (value: string | null) => go(withFilter(filters, name, value))
  const filterText = toFilterText(filters)
  const isFiltered = filterText !== ''
  return (
    <Page
      title="SIMs"
      isFull
      actions={
        <>
          {isFiltered && can('connect:admin', 'account') && (
            <Button variant="default" leftSection={<BookmarkPlus size={16} />} onClick={saving.open}>
              Save view
            </Button>
          )}
          <ExportButton label="CSV" content={{ kind: 'sim', format: 'csv', ...query }} />
          {can('connect:admin', 'account') && (
            <>
              <Button variant="default" leftSection={<FileUp size={16} />} onClick={importing.open}>
                Import
              </Button>
              <Button leftSection={<Plus size={16} />} onClick={registering.open}>
                Register
              </Button>
            </>
          )}
        </>
      }
    >
      <FilterBar>
        <TextFilter
          label="Search by ICCID, IMSI, MSISDN or name"
          placeholder="ICCID, IMSI, MSISDN or name"
          value={filters.n}
          onChange={filterBy('n')}
        />
        <ChoiceFilter label="State" any="Any state" choices={simStates} value={state} onChange={filterBy('state')} />
        <SearchedFilter
          label="Carrier"
          any="Any carrier"
          choices={carriers}
          value={filters.carrier}
          onChange={filterBy('carrier')}
        />
        <TextFilter
          label="Marker"
          placeholder="key:value"
          icon={<Tag size={15} />}
          isShort
          maxLength={301}
          isComplete={isMarker}
          value={filters.marker}
          onChange={filterBy('marker')}
        />
        <FilterField
          fields={simFields}
          placeholder="usage.month>50000000 and state==active"
          value={filters.filter}
          onChange={filterBy('filter')}
        />
      </FilterBar>
      {!selection.isEmpty && (
        <SelectionBar
          target={selection.isMatching ? { filter: query } : { sims: selection.keys }}
          size={selection.isMatching ? total?.count : selection.keys.length}
          {...(selection.table.state === 'all' &&
            list.hasMore &&
            !selection.isMatching && { matching: total, onChooseMatching: selection.chooseMatching })}
          onClear={selection.clear}
        />
      )}
      <PagedTable
        label="SIMs"
        columns={columns}
        list={list}
        rowKey={({ iccid }) => iccid}
        rowLabel={({ iccid }) => iccid}
        {...(can('connect:admin') && { selection: selection.table })}
        sort={sort}
        onSort={(next) => filterBy('sort')(next ?? '')}
        foot={<span role="status">{totalInWords(list.items.length, total, 'SIM')}</span>}
        empty={
          <Empty icon={<CardSim size={22} />} title={isFiltered ? 'No matching SIMs' : 'No SIMs yet'}>
            {isFiltered
              ? 'Search finds any part of an ICCID, IMSI, MSISDN or name. One or two characters must be its beginning.'
              : 'Register them one by one, or import a CSV file with a column “iccid”.'}
          </Empty>
        }
      />
      {isRegistering && <RegisterDialog onClose={registering.close} />}
      {isImporting && <ImportSimsDialog onClose={importing.close} />}
      {isSaving && <SaveViewDialog kind="sim" filter={filterText} sort={sort} onClose={saving.close} />}
    </Page>
  )
}

/** The API refuses a marker without a value. */
const isMarker = (text: string) => text === '' || /^[^:]+:.+$/.test(text)

const columns: readonly Column<Sim>[] = [
  {
    id: 'iccid',
    label: 'SIM',
    sort: 'name',
    width: 12,
    grows: true,
    cell: ({ iccid, name }) => (
      <Link to="/sims/$iccid" params={{ iccid }} className={classes.name}>
        {name ?? <span className={classes.code}>{iccid}</span>}
      </Link>
    ),
  },
  { id: 'state', label: 'State', sort: 'state', width: 8, cell: (sim) => <SimStatus sim={sim} /> },
  { id: 'carrier', label: 'Carrier', width: 6, isWide: true, cell: ({ carrier }) => carrier },
  {
    id: 'markers',
    label: 'Markers',
    width: 12,
    grows: true,
    isWide: true,
    cell: ({ markers }) =>
      markers.map(({ key, value }) => (
        <span key={key} className={classes.marker}>
          {key}: {value}
        </span>
      )),
  },
  {
    id: 'device',
    label: 'Device',
    width: 6,
    isWide: true,
    cell: ({ device }) =>
      device ? (
        <Link to="/devices/$id" params={{ id: device.id }}>
          View
        </Link>
      ) : (
        '–'
      ),
  },
  {
    id: 'usage',
    label: 'This month',
    sort: 'usage.month',
    width: 6,
    isNumber: true,
    isWide: true,
    cell: ({ usage }) => bytes(usage.total),
  },
  {
    id: 'limit',
    label: 'Limit',
    width: 6,
    isNumber: true,
    isWide: true,
    cell: ({ dataLimit }) => (dataLimit ? bytes(dataLimit.bytes) : '–'),
  },
]
