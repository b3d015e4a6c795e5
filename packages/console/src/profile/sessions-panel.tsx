import { listSessions, revokeSession } from '@mason/contract/auth'
import { useQuery } from '@tanstack/react-query'
import { Laptop } from 'lucide-react'
import { read } from '../api/client.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'

/** Where one is signed in. */
export function SessionsPanel() {
  const sessions = useQuery(read(listSessions, {}))
  return (
    <Panel title="Sessions" note="Where you are signed in." isFlush>
      <QueryView query={sessions}>
        {({ data }) => (
          <List>
            {data.map(({ id, isCurrent, address, userAgent, createdAt, lastUsedAt }) => (
              <ListRow
                key={id}
                icon={<Laptop size={16} />}
                title={browserOf(userAgent)}
                note={
                  <>
                    {address}, last used <RelativeTime time={lastUsedAt} />, started <RelativeTime time={createdAt} />
                  </>
                }
                end={
                  isCurrent ? (
                    <Status tone="good">current</Status>
                  ) : (
                    <ActionButton
                      variant="default"
                      size="xs"
                      work={(send) => send(revokeSession, { id })}
                      failure="Session not ended"
                      renews={['listSessions']}
                    >
                      End session
                    </ActionButton>
                  )
                }
              />
            ))}
          </List>
        )}
      </QueryView>
    </Panel>
  )
}

const browsers = ['Edg', 'Firefox', 'Chrome', 'Safari']
const systems = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac OS X', 'Linux']

/** "Firefox on Linux", as far as the browser says. */
function browserOf(userAgent: string | undefined): string {
  if (!userAgent) return 'Unknown browser'
  const browser = browsers.find((name) => userAgent.includes(name)) ?? 'A browser'
  const system = systems.find((name) => userAgent.includes(name))
  return `${browser === 'Edg' ? 'Edge' : browser}${system ? ` on ${system === 'Mac OS X' ? 'a Mac' : system}` : ''}`
}
