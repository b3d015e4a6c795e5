import { Button } from '@mantine/core'
import { listSessions, revokeSession } from '@mason/contract/auth'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Laptop } from 'lucide-react'
import { call, read } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { List, ListRow } from '../ui/list.tsx'
import { notify } from '../ui/notify.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'

/** Where one is signed in. */
export function SessionsPanel() {
  const sessions = useQuery(read(listSessions, {}))
  const queryClient = useQueryClient()
  const revoke = useMutation({
    mutationFn: (id: string) => call(revokeSession, { id }),
    onError: (error) => void notify({ color: 'red', title: 'The session goes on', message: messageOf(error) }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: ['listSessions'] }),
  })
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
                    {address}, used <RelativeTime time={lastUsedAt} />, begun <RelativeTime time={createdAt} />
                  </>
                }
                end={
                  isCurrent ? (
                    <Status tone="good">this one</Status>
                  ) : (
                    <Button variant="default" size="xs" onClick={() => revoke.mutate(id)}>
                      End
                    </Button>
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
