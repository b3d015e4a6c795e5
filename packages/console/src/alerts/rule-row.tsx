import { Group, Menu } from '@mantine/core'
import { type AlertRule, deleteAlertRule, updateAlertRule } from '@mason/contract/alert-rule'
import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { BellRing, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { Send } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { ListRow } from '../ui/list.tsx'
import { MoreActions } from '../ui/more-actions.tsx'
import { counted, duration } from '../ui/numbers.ts'
import { Status } from '../ui/status.tsx'
import { conditionLabels, severityTones } from './alert-words.ts'

/** A rule with what can be done with it. */
export function RuleRow({ rule, onEdit }: { rule: AlertRule; onEdit: () => void }) {
  const { id, name, enabled, severity } = rule
  const isAdmin = useCan()('hook:admin')
  const queryClient = useQueryClient()
  const [isDeleting, setIsDeleting] = useState(false)
  const remove = async (send: Send) => {
    await send(deleteAlertRule, { id })
    void queryClient.invalidateQueries({ queryKey: ['listAlertRules'] })
  }
  return (
    <ListRow
      icon={<BellRing size={16} />}
      tone={enabled ? severityTones[severity] : 'idle'}
      title={
        <Link to="/alerts" search={{ rule: id, state: 'any' }}>
          {name}
        </Link>
      }
      note={wordsOf(rule)}
      end={
        <Group gap="xs" wrap="nowrap">
          <Status tone={enabled ? 'good' : 'idle'}>{enabled ? 'enabled' : 'disabled'}</Status>
          {isAdmin && (
            <>
              <ActionButton
                size="xs"
                variant="default"
                work={(send) => send(updateAlertRule, { id, enabled: !enabled })}
                failure="Rule not changed"
                renews={['listAlertRules']}
              >
                {enabled ? 'Disable' : 'Enable'}
              </ActionButton>
              <MoreActions width={140}>
                <Menu.Item leftSection={<Pencil size={15} />} onClick={onEdit}>
                  Edit
                </Menu.Item>
                <Menu.Item leftSection={<Trash2 size={15} />} c="var(--bad)" onClick={() => setIsDeleting(true)}>
                  Delete
                </Menu.Item>
              </MoreActions>
            </>
          )}
          {isDeleting && (
            <Confirm
              title={`Delete “${name}”?`}
              action="Delete rule"
              onConfirm={remove}
              onClose={() => setIsDeleting(false)}
            >
              Its open alerts are resolved. Past alerts stay in the list.
            </Confirm>
          )}
        </Group>
      }
    />
  )
}

/** What a rule watches and whom it tells, in a line. */
function wordsOf({ condition, below, percent, notificationType, filter, for: minutes, severity, notify }: AlertRule) {
  const told = (notify.emails?.length ?? 0) + (notify.webhooks?.length ?? 0)
  return [
    conditionLabels[condition],
    below !== undefined && `below ${below} percent`,
    percent !== undefined && `${percent} percent`,
    notificationType,
    minutes > 0 && `for ${duration(minutes)}`,
    filter,
    severity,
    told > 0 ? `notifies ${counted(told, 'recipient')}` : 'notifies nobody',
  ]
    .filter((word) => word !== false && word !== undefined)
    .join(', ')
}
