import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { carriers, listSims, type Sim, type SimState, simStates } from '@mason/contract/sim'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { CardSim, FileUp, Plus, Tag } from 'lucide-react'
import { useList } from '../api/lists.ts'
import { ExportButton } from '../exports/export-button.tsx'
import { useCan } from '../session/session.ts'
import { ChoiceFilter, FilterBar, TextFilter, withFilter } from '../ui/filter-bar.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { Empty } from '../ui/states.tsx'
import type { Column } from '../ui/virtual-table.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { RegisterDialog } from './register-dialog.tsx'
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
  const { state, ...rest } = filters
  const query = { ...rest, ...(state && { state: state as SimState }) }
  const list = useList(listSims, query, { keepsPrevious: true })
  const filterBy = (name: keyof typeof filters) => (value: string) =>
    void navigate({ to: '/sims', search: withFilter(filters, name, value), replace: true })
  const isFiltered = Object.keys(filters).length > 0
  return (
    <Page
      title="SIMs"
      isFull
      actions={
        <>
          <ExportButton label="CSV" content={{ kind: 'sim', format: 'csv', ...query }} />
          {can('connect:admin') && (
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
        <ChoiceFilter
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
      </FilterBar>
      <PagedTable
        label="SIMs"
        columns={columns}
        list={list}
        rowKey={({ iccid }) => iccid}
        rowLabel={({ iccid }) => iccid}
        empty={
          <Empty icon={<CardSim size={22} />} title={isFiltered ? 'No matching SIMs' : 'No SIMs yet'}>
            {isFiltered
              ? 'Search matches the beginning of an ICCID, IMSI, MSISDN or name.'
              : 'Register them one by one, or import a CSV file with a column “iccid”.'}
          </Empty>
        }
      />
      {isRegistering && <RegisterDialog onClose={registering.close} />}
      {isImporting && <ImportDialog onClose={importing.close} />}
    </Page>
  )
}

/** The API refuses a marker without a value. */
const isMarker = (text: string) => text === '' || /^[^:]+:.+$/.test(text)

const columns: readonly Column<Sim>[] = [
  {
    id: 'iccid',
    label: 'SIM',
    width: 12,
    grows: true,
    cell: ({ iccid, name }) => (
      <Link to="/sims/$iccid" params={{ iccid }} className={classes.name}>
        {name ?? <span className={classes.code}>{iccid}</span>}
      </Link>
    ),
  },
  { id: 'state', label: 'State', width: 8, cell: (sim) => <SimStatus sim={sim} /> },
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
