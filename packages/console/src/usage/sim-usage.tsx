import { listSimUsage, type UsageElement } from '@mason/contract/usage'
import { Link } from '@tanstack/react-router'
import { CardSim } from 'lucide-react'
import { useList } from '../api/lists.ts'
import { bytes } from '../ui/numbers.ts'
import { PagedTable } from '../ui/paged-table.tsx'
import { Panel } from '../ui/panel.tsx'
import { Empty, Failure } from '../ui/states.tsx'
import type { Column } from '../ui/virtual-table.tsx'
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
  const list = useList(listSimUsage, { date: `${month}-01` })
  if (list.error)
    return (
      <Panel title="By SIM">
        <Failure error={list.error} onRetry={list.refetch} />
      </Panel>
    )
  return (
    <div className={classes.sims}>
      <PagedTable
        label="Data usage by SIM"
        columns={columns}
        list={list}
        rowKey={iccidOf}
        rowLabel={iccidOf}
        empty={
          <Empty icon={<CardSim size={22} />} title="No SIMs yet">
            Register SIMs one by one, or import a CSV file, under “SIMs”.
          </Empty>
        }
      />
    </div>
  )
}
