import { Button, Group } from '@mantine/core'
import { type Alert, updateAlert } from '@mason/contract/alert'
import { CircleAlert } from 'lucide-react'
import { useState } from 'react'
import { useCan } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ListRow } from '../ui/list.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { AlertSubject } from './alert-subject.tsx'
import { conditionLabels, findingOf, severityTones } from './alert-words.ts'
import { ResolveDialog } from './resolve-dialog.tsx'

const stateTones = { open: 'bad', acknowledged: 'warn', resolved: 'good' } as const

/** An alert with what can be done about it. */
export function AlertRow({ alert }: { alert: Alert }) {
  const [isResolving, setIsResolving] = useState(false)
  const isManager = useCan()('fleet:manager')
  const { id, state, rule, condition, severity, subject, openedAt, acknowledgedBy, resolvedAt, resolvedBy, note } =
    alert
  const finding = subject.kind === 'platform' ? 'none of them checks in' : findingOf(alert)
  const who = state === 'resolved' ? resolvedBy : acknowledgedBy
  return (
    <ListRow
      icon={<CircleAlert size={16} />}
      tone={state === 'resolved' ? 'idle' : severityTones[severity]}
      title={
        <>
          <AlertSubject subject={subject} />: {conditionLabels[condition]}
          {finding !== '' && `, ${finding}`}
        </>
      }
      note={
        <>
          {rule.name}, {severity}, opened <RelativeTime time={openedAt} />
          {resolvedAt !== undefined && (
            <>
              , ended <RelativeTime time={resolvedAt} />
            </>
          )}
          {who !== undefined && `, ${state} by ${who.name ?? who.kind}`}
          {note !== undefined && `: “${note}”`}
        </>
      }
      end={
        <Group gap="xs">
          <Status tone={stateTones[state]}>{state}</Status>
          {isManager && state === 'open' && (
            <ActionButton
              size="xs"
              variant="default"
              work={(send) => send(updateAlert, { id, state: 'acknowledged' })}
              failure="Alert not acknowledged"
              renews={['listAlerts', 'countAlerts']}
            >
              Acknowledge
            </ActionButton>
          )}
          {isManager && state !== 'resolved' && (
            <Button size="xs" variant="default" onClick={() => setIsResolving(true)}>
              Resolve
            </Button>
          )}
          {isResolving && <ResolveDialog id={id} onClose={() => setIsResolving(false)} />}
        </Group>
      }
    />
  )
}
