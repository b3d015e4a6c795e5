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
import { filterOf, useBehind } from './behind.ts'

const route = getRouteApi('/inside/apps/$package')

/** Where each version of an app is, and which of them are behind. */
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

/** The versions that are behind; a button updates the devices that have one, wherever they are. */
function Behind({ app }: { app: InstalledApp }) {
  const can = useCan()
  const { wanted, isRegistered, isReading, older, devices } = useBehind(app)
  const [isUpdating, setIsUpdating] = useState(false)
  const name = app.package
  // Where versions are left out, the oldest are.
  const howMany = `${app.moreVersions ? 'more than ' : ''}${counted(devices, 'device')}`
  return (
    <Panel
      title="Older versions"
      note={`older than ${wanted}`}
      isFlush
      actions={
        can('fleet:deploy') &&
        isRegistered &&
        older.length > 0 && (
          <Button size="xs" leftSection={<Rocket size={14} />} onClick={() => setIsUpdating(true)}>
            Update {howMany}
          </Button>
        )
      }
    >
      {older.length === 0 ? (
        <Empty title={isReading ? 'Comparing…' : 'No device is behind'} />
      ) : (
        <List>
          {older.map(({ version, devices: having }) => (
            <ListRow
              key={version}
              title={
                <Link to="/devices" search={{ filter: filterOf(name, '==', version) }}>
                  {version}
                </Link>
              }
              note={counted(having, 'device')}
            />
          ))}
        </List>
      )}
      {older.length > 0 && can('fleet:deploy') && !isRegistered && (
        <Text size="sm" c="var(--ink-dim)" p="sm">
          No version of this app is registered here, so none can be deployed.
        </Text>
      )}
      {isUpdating && (
        <DeployDialog
          what={{ type: 'apk', name, version: wanted }}
          filter={filterOf(name, '<', wanted)}
          onClose={() => setIsUpdating(false)}
        />
      )}
    </Panel>
  )
}
