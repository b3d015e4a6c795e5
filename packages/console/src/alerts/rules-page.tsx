import { Button } from '@mantine/core'
import { type AlertRule, listAlertRules } from '@mason/contract/alert-rule'
import { Link } from '@tanstack/react-router'
import { BellRing, ChevronLeft, Plus } from 'lucide-react'
import { useState } from 'react'
import { useList } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { RuleDialog } from './rule-dialog.tsx'
import { RuleRow } from './rule-row.tsx'

/** What is watched, and who is told. */
export function AlertRulesPage() {
  const isAdmin = useCan()('hook:admin')
  const [edited, setEdited] = useState<AlertRule | 'new'>()
  const list = useList(listAlertRules, {})
  return (
    <Page
      title="Alert rules"
      about="A rule watches a condition and opens one alert for each device, SIM, roll-out, data pool, carrier or webhook that meets it."
      back={
        <Link to="/alerts">
          <ChevronLeft size={14} /> Alerts
        </Link>
      }
      actions={
        isAdmin && (
          <Button leftSection={<Plus size={16} />} onClick={() => setEdited('new')}>
            New rule
          </Button>
        )
      }
    >
      <ListPanel
        list={list}
        empty={
          <Empty icon={<BellRing size={22} />} title="No alert rules yet">
            Create one to be notified when devices go offline or a roll-out pauses.
          </Empty>
        }
      >
        {(rule) => <RuleRow key={rule.id} rule={rule} onEdit={() => setEdited(rule)} />}
      </ListPanel>
      {edited && <RuleDialog {...(edited !== 'new' && { rule: edited })} onClose={() => setEdited(undefined)} />}
    </Page>
  )
}
