import { listNodes, type Node } from '@mason/contract/node'
import { useQuery } from '@tanstack/react-query'
import { Server } from 'lucide-react'
import { read } from '../api/client.ts'
import { List, ListRow } from '../ui/list.tsx'
import { count, counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Loading } from '../ui/states.tsx'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { NodeWarnings } from './node-warnings.tsx'
import classes from './nodes.module.css'

const tones: Record<Node['state'], Tone> = { up: 'good', draining: 'accent', down: 'bad' }
const roleNames: Record<Node['roles'][number], string> = { api: 'API', gateway: 'devices', worker: 'jobs' }

/** The running processes of the platform. */
export function NodesPage() {
  const query = useQuery(read(listNodes, {}))
  return (
    <Page title="Nodes" about="The server processes of this platform, on every machine.">
      <QueryView
        query={query}
        loading={
          <Panel>
            <Loading />
          </Panel>
        }
      >
        {({ data }) => (
          <>
            <NodeWarnings nodes={data} />
            <Panel title="Nodes" note={summaryOf(data)} isFlush>
              <List>
                {data.map((node) => (
                  <NodeRow key={node.id} node={node} />
                ))}
              </List>
            </Panel>
          </>
        )}
      </QueryView>
    </Page>
  )
}

function summaryOf(nodes: readonly Node[]): string {
  const up = nodes.filter(({ state }) => state !== 'down')
  const connections = up.reduce((sum, node) => sum + node.connections, 0)
  return `${count(up.length)} of ${count(nodes.length)} running, ${counted(connections, 'connection')}`
}

function NodeRow({ node }: { node: Node }) {
  const { id, host, version, state, roles, startedAt, seenAt, connections, eventLagMs, warnings } = node
  return (
    <ListRow
      icon={<Server size={16} />}
      tone={tones[state]}
      title={
        <>
          <b className={classes.name}>{host || 'unknown machine'}</b> <code className={classes.code}>{version}</code>
        </>
      }
      note={
        <>
          serves {roles.map((role) => roleNames[role]).join(', ')}
          <br />
          started <RelativeTime time={startedAt} />, last seen <RelativeTime time={seenAt} />,{' '}
          {counted(connections, 'connection')}, events {count(eventLagMs)} ms behind
          <br />
          <code className={classes.code}>{id}</code>
        </>
      }
      end={
        <>
          {warnings.length > 0 && state !== 'down' && (
            <Status tone="warn">{counted(warnings.length, 'warning')}</Status>
          )}
          <Status tone={tones[state]}>{state}</Status>
        </>
      }
    />
  )
}
