import { getUsageSeries } from '@mason/contract/usage'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { read } from '../api/client.ts'
import { ExportButton } from '../exports/export-button.tsx'
import { Page } from '../ui/page.tsx'
import { DailyUsage } from './daily-usage.tsx'
import { MarkerUsage } from './marker-usage.tsx'
import { daysOf, isMonth, thisMonth } from './month.ts'
import { MonthPicker } from './month-picker.tsx'
import { SimUsage } from './sim-usage.tsx'

const route = getRouteApi('/inside/usage')

/** What the account's SIMs have used in a month: by day, by marker, by SIM. */
export function UsagePage() {
  const { month: asked, marker } = route.useSearch()
  const navigate = useNavigate()
  const month = isMonth(asked) ? asked : thisMonth()
  const show = (change: { month?: string; marker?: string | undefined }) =>
    void navigate({ to: '/usage', search: { month, ...(marker && { marker }), ...change }, replace: true })
  return (
    <Page
      title="Data usage"
      about="Data as carriers counted it, by day, by marker and by SIM."
      actions={
        <>
          <MonthPicker month={month} onChange={(next) => show({ month: next })} />
          <ExportButton label="CSV" content={{ kind: 'usage', format: 'csv', ...daysOf(month) }} />
        </>
      }
    >
      <DailyUsage month={month} series={(of) => read(getUsageSeries, daysOf(of))} />
      <MarkerUsage month={month} marker={marker} onMarker={(next) => show({ marker: next })} />
      <SimUsage month={month} />
    </Page>
  )
}
