import { Button, Select, TextInput } from '@mantine/core'
import { useDebouncedCallback, useDisclosure } from '@mantine/hooks'
import { carriers, listSims, type Sim, type SimState, simStates } from '@mason/contract/sim'
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { CardSim, FileUp, Plus, Search, Tag } from 'lucide-react'
import { useMemo, useState } from 'react'
import { call } from '../api/client.ts'
import { ExportButton } from '../exports/export-button.tsx'
import { useCan } from '../session/session.ts'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import { ImportDialog } from './import-dialog.tsx'
import { RegisterDialog } from './register-dialog.tsx'
import { SimStatus } from './sim-state.tsx'
import classes from './sims-page.module.css'

const route = getRouteApi('/inside/sims')

interface Filters {
  n?: string
  state?: string
  carrier?: string
  marker?: string
}

/** The SIMs of the account, with what each has used this month. */
export function SimsPage() {
  const filters = route.useSearch()
  const can = useCan()
  const navigate = useNavigate()
  const [isRegistering, registering] = useDisclosure(false)
  const [isImporting, importing] = useDisclosure(false)
  const { state, ...rest } = filters
  const query = { ...rest, ...(state && { state: state as SimState }) }
  const { rows, isPending, error, refetch, onMore } = useSims(query)
  const filterBy = (next: Filters) => void navigate({ to: '/sims', search: next, replace: true })
  const isFiltered = Object.keys(filters).length > 0
  return (
    <Page
      title="SIMs"
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
      <div className={classes.page}>
        <FilterBar filters={filters} onChange={filterBy} />
        {error ? (
          <Failure error={error} onRetry={refetch} />
        ) : (
          <VirtualTable
            label="SIMs"
            columns={columns}
            rows={rows}
            rowKey={({ iccid }) => iccid}
            rowLabel={({ iccid }) => iccid}
            onMore={onMore}
            empty={
              isPending ? (
                <div style={{ padding: '0.75rem 1.125rem' }}>
                  <Loading lines={10} />
                </div>
              ) : (
                <Empty icon={<CardSim size={22} />} title={isFiltered ? 'No SIM matches' : 'No SIMs yet'}>
                  {isFiltered
                    ? 'The search looks at how an ICCID, IMSI, MSISDN or name begins.'
                    : 'Register them one by one, or import a CSV file with a column “iccid”.'}
                </Empty>
              )
            }
          />
        )}
      </div>
      {isRegistering && <RegisterDialog onClose={registering.close} />}
      {isImporting && <ImportDialog onClose={importing.close} />}
    </Page>
  )
}

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
    label: 'In a device',
    width: 6,
    isWide: true,
    cell: ({ device }) =>
      device ? (
        <Link to="/devices/$id" params={{ id: device.id }}>
          Show
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

function useSims(filters: Omit<Filters, 'state'> & { state?: SimState }) {
  const query = useInfiniteQuery({
    queryKey: ['listSims', filters],
    queryFn: ({ pageParam, signal }) =>
      call(listSims, { ...filters, limit: 100, ...(pageParam !== undefined && { after: pageParam }) }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextPage }) => nextPage,
    placeholderData: keepPreviousData,
    refetchOnWindowFocus: false,
  })
  return {
    rows: useMemo(() => query.data?.pages.flatMap(({ data }) => data) ?? [], [query.data]),
    isPending: query.isPending,
    error: query.data === undefined ? query.error : undefined,
    refetch: () => void query.refetch(),
    onMore: query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined,
  }
}

function FilterBar({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const [words, setWords] = useState(filters.n ?? '')
  const [marker, setMarker] = useState(filters.marker ?? '')
  const set = (member: keyof Filters, value: string | null) => {
    const { [member]: _, ...rest } = filters
    onChange(value ? { ...rest, [member]: value } : rest)
  }
  const search = useDebouncedCallback(set, 250)
  return (
    <search className={classes.filters}>
      <TextInput
        className={classes.search}
        aria-label="Search by ICCID, IMSI, MSISDN or name"
        placeholder="ICCID, IMSI, MSISDN or name"
        leftSection={<Search size={16} />}
        maxLength={200}
        value={words}
        onChange={(event) => {
          setWords(event.currentTarget.value)
          search('n', event.currentTarget.value.trim())
        }}
      />
      <Select
        className={classes.filter}
        aria-label="State"
        placeholder="Any state"
        clearable
        data={[...simStates]}
        value={filters.state ?? null}
        onChange={(value) => set('state', value)}
      />
      <Select
        className={classes.filter}
        aria-label="Carrier"
        placeholder="Any carrier"
        clearable
        data={[...carriers]}
        value={filters.carrier ?? null}
        onChange={(value) => set('carrier', value)}
      />
      <TextInput
        className={classes.filter}
        aria-label="Marker"
        placeholder="key:value"
        leftSection={<Tag size={15} />}
        maxLength={301}
        value={marker}
        onChange={(event) => {
          setMarker(event.currentTarget.value)
          // The API refuses a marker without a value.
          const text = event.currentTarget.value.trim()
          if (text === '' || /^[^:]+:.+$/.test(text)) search('marker', text)
        }}
      />
    </search>
  )
}
