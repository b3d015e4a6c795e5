import { listSimUsage, type UsageElement } from '@mason/contract/usage'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { CardSim } from 'lucide-react'
import { useMemo } from 'react'
import { call } from '../api/client.ts'
import { bytes } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { Empty, Failure, Loading } from '../ui/states.tsx'
import { type Column, VirtualTable } from '../ui/virtual-table.tsx'
import type { Month } from './month.ts'
import classes from './usage.module.css'

const iccidOf = ({ sim }: UsageElement) => sim?.iccid ?? ''

const columns: readonly Column<UsageElement>[] = [
  {
    id: 'iccid',
    label: 'SIM',
    width: 11,
    grows: true,
    cell: (element) => (
      <Link to="/sims/$iccid" params={{ iccid: iccidOf(element) }}>
        <code>{iccidOf(element)}</code>
      </Link>
    ),
  },
  {
    id: 'download',
    label: 'Download',
    width: 6,
    isNumber: true,
    isWide: true,
    cell: ({ usage }) => bytes(usage.download),
  },
  { id: 'upload', label: 'Upload', width: 6, isNumber: true, isWide: true, cell: ({ usage }) => bytes(usage.upload) },
  { id: 'total', label: 'Total', width: 6, isNumber: true, cell: ({ usage }) => bytes(usage.total) },
]

/** Every SIM with what it has used in a month, unused ones too. */
export function SimUsage({ month }: { month: Month }) {
  const query = useInfiniteQuery({
    queryKey: ['listSimUsage', month],
    queryFn: ({ pageParam, signal }) =>
      call(
        listSimUsage,
        { date: `${month}-01`, limit: 100, ...(pageParam !== undefined && { after: pageParam }) },
        { signal },
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextPage }) => nextPage,
    refetchOnWindowFocus: false,
  })
  const rows = useMemo(() => query.data?.pages.flatMap(({ data }) => data) ?? [], [query.data])
  if (query.isError && rows.length === 0)
    return (
      <Panel title="By SIM">
        <Failure error={query.error} onRetry={() => void query.refetch()} />
      </Panel>
    )
  return (
    <div className={classes.sims}>
      <VirtualTable
        label="Data use by SIM"
        columns={columns}
        rows={rows}
        rowKey={iccidOf}
        rowLabel={iccidOf}
        onMore={query.hasNextPage && !query.isFetchingNextPage ? () => void query.fetchNextPage() : undefined}
        empty={
          query.isPending ? (
            <div style={{ padding: '0.75rem 1.125rem' }}>
              <Loading lines={8} />
            </div>
          ) : (
            <Empty icon={<CardSim size={22} />} title="No SIMs yet">
              Register SIMs, one by one or from a CSV file, under “SIMs”.
            </Empty>
          )
        }
      />
    </div>
  )
}
