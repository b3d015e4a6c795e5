import { updateAccount } from '@mason/contract/user'
import { MessageCircleQuestion, Video } from 'lucide-react'
import type { ReactNode } from 'react'
import { useSession } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { Panel } from '../ui/panel.tsx'

type Rule = 'xrayReasonRequired' | 'xrayShellsRecorded'

interface Looks {
  icon: ReactNode
  title: string
  note: string
  on: string
  off: string
}

const rules: Record<Rule, Looks> = {
  xrayReasonRequired: {
    icon: <MessageCircleQuestion size={16} />,
    title: 'Reasons',
    note: 'Whoever wants to be on a device says why.',
    on: 'Require a reason',
    off: 'Require no reason',
  },
  xrayShellsRecorded: {
    icon: <Video size={16} />,
    title: 'Recordings',
    note: 'What shells show is recorded, and can be replayed here. Whoever opens one is told.',
    on: 'Record shells',
    off: 'Stop recording',
  },
}

/** What the account asks of those who are on its devices. */
export function RulesPanel() {
  const { account } = useSession()
  return (
    <Panel title="Rules" isFlush>
      <List>
        {(Object.keys(rules) as Rule[]).map((rule) => {
          const { icon, title, note, on, off } = rules[rule]
          return (
            <ListRow
              key={rule}
              icon={icon}
              title={`${title}: ${account[rule] ? 'on' : 'off'}`}
              note={note}
              end={
                <ActionButton
                  size="xs"
                  variant="default"
                  work={(send) => send(updateAccount, { [rule]: !account[rule] })}
                  failure="Rule not changed"
                  renews={['getCurrentSession', 'getAccount']}
                >
                  {account[rule] ? off : on}
                </ActionButton>
              }
            />
          )
        })}
      </List>
    </Panel>
  )
}
