import { Button } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { listDeployments } from '@mason/contract/deployment'
import { Rocket } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { ListPanel } from '../ui/list-panel.tsx'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { DeployDialog } from './deploy-dialog.tsx'
import { DeploymentRow } from './deployment-row.tsx'

/** What was deployed to groups, newest first, with how far it has come. */
export function DeploymentsPage() {
  const [isDeploying, deploying] = useDisclosure(false)
  const list = useNewestFirst(listDeployments, {}, endOfIds)
  return (
    <Page
      title="Roll-outs"
      about="Apps, projects and OS updates being rolled out to groups. A roll-out with too many failures pauses itself."
      actions={
        <Button leftSection={<Rocket size={16} />} onClick={deploying.open}>
          Deploy
        </Button>
      }
    >
      <ListPanel
        list={list}
        empty={
          <Empty icon={<Rocket size={22} />} title="No roll-outs yet">
            Upload an app or build a project, then deploy it to a group, at once or step by step.
          </Empty>
        }
      >
        {(deployment) => <DeploymentRow key={deployment.id} deployment={deployment} />}
      </ListPanel>
      {isDeploying && <DeployDialog onClose={deploying.close} />}
    </Page>
  )
}
