import { listDeployments } from '@mason/contract/deployment'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Rocket } from 'lucide-react'
import { read } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'
import { DeploymentRow } from '../deployments/deployment-row.tsx'
import { List } from '../ui/list.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import classes from './overview.module.css'

/** The newest roll-outs. */
export function RollOuts() {
  const deployments = useQuery(read(listDeployments, { limit: 3, before: endOfIds }))
  return (
    <Panel title="Roll-outs" actions={<Link to="/deployments">All roll-outs</Link>} className={classes.half} isFlush>
      <QueryView query={deployments}>
        {({ data }) =>
          data.length === 0 ? (
            <Empty icon={<Rocket size={20} />} title="No roll-outs yet" />
          ) : (
            <List>
              {data.toReversed().map((deployment) => (
                <DeploymentRow key={deployment.id} deployment={deployment} />
              ))}
            </List>
          )
        }
      </QueryView>
    </Panel>
  )
}
