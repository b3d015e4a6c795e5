import { SegmentedControl, Switch } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import type { UsageElement } from '@mason/contract/usage'
import { type QueryKey, type UseQueryOptions, useQuery } from '@tanstack/react-query'
import { ChartColumn } from 'lucide-react'
import { useState } from 'react'
import { bytes, percent } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import { dayOf } from '../ui/time.tsx'
import { DailyChart } from './daily-chart.tsx'
import { type Month, monthAfter, nameOf } from './month.ts'
import classes from './usage.module.css'

type Series = { data: UsageElement[] }

interface DailyUsageProps<K extends QueryKey> {
  month: Month
  /** The read of a month's days. */
  series: (month: Month) => UseQueryOptions<Series, Error, Series, K>
}

/** A month day by day: totals, a chart, the same as a table, and the month before beside it. */
export function DailyUsage<K extends QueryKey>({ month, series }: DailyUsageProps<K>) {
  const [view, setView] = useState('chart')
  const [isCompared, compared] = useDisclosure(false)
  const days = useQuery(series(month))
  const before = useQuery({ ...series(monthAfter(month, -1)), enabled: isCompared })
  const beforeDays = isCompared ? before.data?.data : undefined
  return (
    <Panel
      title={nameOf(month)}
      note="Days in UTC"
      actions={
        <div style={{ display: 'flex', gap: '0.75rem', alignItems: 'center', flexWrap: 'wrap' }}>
          <Switch size="xs" label="Previous month" checked={isCompared} onChange={compared.toggle} />
          <SegmentedControl size="xs" aria-label="View" data={views} value={view} onChange={setView} />
        </div>
      }
    >
      <QueryView query={days}>
        {({ data }) => (
          <>
            <Totals days={data} before={beforeDays} />
            {view === 'table' ? (
              <DailyTable days={data} />
            ) : (
              <MonthChart month={month} days={data} before={beforeDays} />
            )}
          </>
        )}
      </QueryView>
    </Panel>
  )
}

interface MonthChartProps {
  month: Month
  days: readonly UsageElement[]
  before: readonly UsageElement[] | undefined
}

function MonthChart({ month, days, before }: MonthChartProps) {
  if (days.every(({ usage }) => usage.total === 0))
    return <Empty icon={<ChartColumn size={22} />} title="No data usage in this month" />
  return <DailyChart label={`Data usage by day in ${nameOf(month)}`} days={days} before={before} />
}

const views = [
  { value: 'chart', label: 'Chart' },
  { value: 'table', label: 'Table' },
]

const sum = (days: readonly UsageElement[], member: 'total' | 'upload' | 'download') =>
  days.reduce((total, { usage }) => total + usage[member], 0)

function Totals({ days, before }: { days: readonly UsageElement[]; before: readonly UsageElement[] | undefined }) {
  const total = sum(days, 'total')
  const earlier = before && sum(before, 'total')
  return (
    <div className={classes.figures}>
      <Figure label="total" value={bytes(total)} />
      <Figure label="download" value={bytes(sum(days, 'download'))} />
      <Figure label="upload" value={bytes(sum(days, 'upload'))} />
      {earlier !== undefined && (
        <Figure
          label="previous month"
          value={
            earlier === 0
              ? bytes(0)
              : `${bytes(earlier)} (${total >= earlier ? '+' : ''}${percent(total - earlier, earlier)})`
          }
        />
      )}
    </div>
  )
}

export function Figure({ label, value }: { label: string; value: string }) {
  return (
    <div>
      <span className={classes.figure}>{value}</span>
      <span className={classes.label}>{label}</span>
    </div>
  )
}

function DailyTable({ days }: { days: readonly UsageElement[] }) {
  return (
    <table className={classes.table}>
      <thead>
        <tr>
          <th scope="col">Day</th>
          <th scope="col">Download</th>
          <th scope="col">Upload</th>
          <th scope="col">Total</th>
        </tr>
      </thead>
      <tbody>
        {days.map(({ usage }) => (
          <tr key={usage.date}>
            <td>{dayOf(usage.date)}</td>
            <td>{bytes(usage.download)}</td>
            <td>{bytes(usage.upload)}</td>
            <td data-bytes={usage.total}>{bytes(usage.total)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}
