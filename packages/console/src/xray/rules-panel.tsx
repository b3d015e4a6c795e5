import { updateAccount } from '@mason/contract/user'
import { MessageCircleQuestion, Video } from 'lucide-react'
import type { ReactNode } from 'react'
import { useSession } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { Panel } from '../ui/panel.tsx'

type Rule = 'xrayReasonRequired' | 'xrayShellsRecorded'

interface Look {
  title: string
  note: string
  /** What the button says that changes it. */
  action: string
}

const rules: Record<Rule, { icon: ReactNode; on: Look; off: Look }> = {
  xrayReasonRequired: {
    icon: <MessageCircleQuestion size={16} />,
    on: {
      title: 'A reason is required',
      note: 'Nobody can open a session without one.',
      action: 'Require no reason',
    },
    off: { title: 'No reason is required', note: 'A session can be opened without one.', action: 'Require a reason' },
  },
  xrayShellsRecorded: {
    icon: <Video size={16} />,
    on: {
      title: 'Shells are recorded',
      note: 'They can be replayed below. Whoever opens one is told.',
      action: 'Stop recording',
    },
    off: { title: 'Shells are not recorded', note: 'Recorded shells can be replayed below.', action: 'Record shells' },
  },
}

/** What the account asks of those who are on its devices. */
export function RulesPanel() {
  const { account } = useSession()
  return (
    <Panel title="Rules" isFlush>
      <List>
        {(Object.keys(rules) as Rule[]).map((rule) => {
          const { icon, on, off } = rules[rule]
          const { title, note, action } = account[rule] ? on : off
          return (
            <ListRow
              key={rule}
              icon={icon}
              title={title}
              note={note}
              end={
                <ActionButton
                  size="xs"
                  variant="default"
                  work={(send) => send(updateAccount, { [rule]: !account[rule] })}
                  failure="Rule not changed"
                  renews={['getCurrentSession', 'getAccount']}
                >
                  {action}
                </ActionButton>
              }
            />
          )
        })}
      </List>
    </Panel>
  )
}
