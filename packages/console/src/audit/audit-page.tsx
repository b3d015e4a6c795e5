import { type AuditQuery, listAuditEntries } from '@mason/contract/audit'
import { getRouteApi, useNavigate } from '@tanstack/react-router'
import { ScrollText } from 'lucide-react'
import { ActorFilter } from '../activity/actor-filter.tsx'
import { endOfEvents } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { ExportButton } from '../exports/export-button.tsx'
import { DayFilter, FilterBar, GivenFilter, TextFilter, withFilter } from '../ui/filter-bar.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { actionOf } from './action-words.ts'
import { EntryRow } from './entry-row.tsx'

const route = getRouteApi('/inside/audit')

type Filters = Pick<AuditQuery, 'action' | 'actor' | 'subject' | 'start' | 'end' | 'event'>

/** Who changed what, from where, and what it was before; newest first. */
export function AuditPage() {
  const filters: Filters = route.useSearch()
  const asked = filters.action === undefined ? filters : { ...filters, action: actionOf(filters.action) }
  const { event, ...exported } = asked
  const navigate = useNavigate()
  const show = (search: Filters) => void navigate({ to: '/audit', search, replace: true })
  const set = (name: keyof Filters) => (value: string | null) => show(withFilter(filters, name, value))
  const list = useNewestFirst(listAuditEntries, asked, endOfEvents)
  return (
    <Page
      title="Audit trail"
      about="Every change, sign-in, download and refusal, chained so that none can be altered unseen."
      actions={
        event === undefined && <ExportButton label="CSV" content={{ kind: 'audit', format: 'csv', ...exported }} />
      }
    >
      <FilterBar>
        <TextFilter
          label="What it was done to"
          placeholder="Id, group or ICCID"
          value={filters.subject}
          onChange={set('subject')}
        />
        <TextFilter
          label="Action"
          placeholder="Update device"
          isShort
          value={filters.action}
          onChange={set('action')}
        />
        <DayFilter word="From" label="From this day on (UTC)" value={filters.start} onChange={set('start')} />
        <DayFilter word="Before" label="Before this day (UTC)" value={filters.end} onChange={set('end')} />
        <ActorFilter value={filters.actor} onChange={set('actor')} />
        {event !== undefined && <GivenFilter onClear={() => set('event')(null)}>Of one change</GivenFilter>}
      </FilterBar>
      <ListPanel
        list={list}
        empty={
          <Empty icon={<ScrollText size={22} />} title="No entries">
            What somebody changes, downloads or is refused appears here.
          </Empty>
        }
      >
        {(entry) => <EntryRow key={entry.id} entry={entry} />}
      </ListPanel>
    </Page>
  )
}
