import { Button } from '@mantine/core'
import { alertStates, listAlerts } from '@mason/contract/alert'
import { alertSeverities } from '@mason/contract/alert-condition'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { BellRing } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { ChoiceFilter, FilterBar, GivenFilter, withFilter } from '../ui/filter-bar.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { AlertRow } from './alert-row.tsx'

const route = getRouteApi('/inside/alerts')
const choices = [...alertStates.filter((state) => state !== 'open'), { value: 'any', label: 'Any state' }]

/** What needs somebody: the open alerts, unless others are asked for. */
export function AlertsPage() {
  const mayReadRules = useCan()('hook:read')
  const search = route.useSearch()
  const navigate = useNavigate()
  const { state = 'open', severity, rule } = search
  const filters = {
    ...(alertStates.some((known) => known === state) && { state: state as (typeof alertStates)[number] }),
    ...(severity !== undefined && { severity: severity as (typeof alertSeverities)[number] }),
    ...(rule !== undefined && { rule }),
  }
  const list = useNewestFirst(listAlerts, filters, endOfIds)
  const set = (name: keyof typeof search, value: string) =>
    void navigate({ to: '/alerts', search: withFilter(search, name, value), replace: true })
  return (
    <Page
      title="Alerts"
      about="What needs attention. An alert resolves itself when its condition ends."
      actions={
        mayReadRules && (
          <Button component={Link} to="/alerts/rules" variant="default">
            Alert rules
          </Button>
        )
      }
    >
      <FilterBar>
        <ChoiceFilter
          label="State"
          any="open"
          choices={choices}
          value={search.state}
          onChange={(value) => set('state', value)}
        />
        <ChoiceFilter
          label="Severity"
          any="Any severity"
          choices={alertSeverities}
          value={severity}
          onChange={(value) => set('severity', value)}
        />
        {rule !== undefined && <GivenFilter onClear={() => set('rule', '')}>One rule</GivenFilter>}
      </FilterBar>
      <ListPanel
        list={list}
        empty={
          <Empty icon={<BellRing size={22} />} title={state === 'open' ? 'No open alerts' : 'No matching alerts'}>
            Alert rules define what is watched and who is notified.
          </Empty>
        }
      >
        {(alert) => <AlertRow key={alert.id} alert={alert} />}
      </ListPanel>
    </Page>
  )
}
