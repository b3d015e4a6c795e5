import { Button, Text } from '@mantine/core'
import { getApp, type InstalledApp } from '@mason/contract/app'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { ChevronLeft, Rocket } from 'lucide-react'
import { useState } from 'react'
import { one, read } from '../api/client.ts'
import { DeployDialog } from '../deployments/deploy-dialog.tsx'
import { useCan } from '../session/session.ts'
import { Breakdown } from '../ui/breakdown.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import { useBehind } from './behind.ts'

const route = getRouteApi('/inside/apps/$package')

/** Where each version of an app is, and the groups that are behind. */
export function AppPage() {
  const { package: name } = route.useParams()
  const app = useQuery(read(getApp, { package: name }))
  return (
    <Page
      title={name}
      back={
        <Link to="/apps">
          <ChevronLeft size={14} /> Apps
        </Link>
      }
    >
      <Panel title="Versions" {...(app.data && { note: counted(one(app.data).devices, 'device') })}>
        <QueryView query={app}>
          {(answer) => (
            <Breakdown
              parts={one(answer).versions.map(({ version, devices }) => ({ name: version, devices }))}
              limit={20}
            />
          )}
        </QueryView>
      </Panel>
      {app.data && <Behind app={one(app.data)} />}
    </Page>
  )
}

/** The groups that are behind; a button updates one of them, or all. */
function Behind({ app }: { app: InstalledApp }) {
  const can = useCan()
  const { wanted, isRegistered, isCounting, groups } = useBehind(app)
  const [updated, setUpdated] = useState<readonly string[]>()
  const canUpdate = can('fleet:deploy') && isRegistered
  const devices = groups.reduce((sum, { count }) => sum + count, 0)
  return (
    <Panel
      title="Groups with older versions"
      note={`older than ${wanted}`}
      isFlush
      actions={
        canUpdate &&
        groups.length > 0 && (
          <Button
            size="xs"
            leftSection={<Rocket size={14} />}
            onClick={() => setUpdated(groups.map(({ name }) => name))}
          >
            Update {counted(devices, 'device')}
          </Button>
        )
      }
    >
      {groups.length === 0 ? (
        <Empty title={isCounting ? 'Counting…' : 'No group is behind'} />
      ) : (
        <List>
          {groups.map(({ name, count }) => (
            <ListRow
              key={name}
              title={
                <Link to="/groups/$name" params={{ name }}>
                  {name}
                </Link>
              }
              note={`${counted(count, 'device')} with an older version`}
              end={
                canUpdate && (
                  <Button size="xs" variant="default" aria-label={`Update ${name}`} onClick={() => setUpdated([name])}>
                    Update
                  </Button>
                )
              }
            />
          ))}
        </List>
      )}
      {groups.length > 0 && can('fleet:deploy') && !isRegistered && (
        <Text size="sm" c="var(--ink-dim)" p="sm">
          No version of this app is registered here, so none can be deployed.
        </Text>
      )}
      {updated && (
        <DeployDialog
          what={{ type: 'apk', name: app.package, version: wanted }}
          groups={updated}
          onClose={() => setUpdated(undefined)}
        />
      )}
    </Panel>
  )
}
