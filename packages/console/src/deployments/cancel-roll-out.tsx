import { type Deployment, updateDeployment } from '@mason/contract/deployment'
import { CancelButton } from '../ui/cancel-button.tsx'
import { isOver } from './deployment-row.tsx'

/** Cancels a roll-out that has not ended; whoever sees it may. */
export function CancelRollOut({ deployment, isInRow = false }: { deployment: Deployment; isInRow?: boolean }) {
  const { id, name, version } = deployment
  if (isOver(deployment)) return undefined
  return (
    <CancelButton
      label="Cancel"
      of={isInRow ? `${name} ${version}` : undefined}
      title="Cancel this roll-out?"
      action="Cancel roll-out"
      cancel={(send) => send(updateDeployment, { id, state: 'canceled' })}
      renews={['getDeployment', 'listDeployments']}
    >
      Devices that already have it keep it. The others stay on what they had before.
    </CancelButton>
  )
}
