import type { Deployment } from '@mason/contract/deployment'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { nameOfActor } from '../activity/actor.tsx'
import { artifactKind } from '../artifacts/artifact-kinds.ts'
import { ListRow } from '../ui/list.tsx'
import { count } from '../ui/numbers.ts'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { DeploymentTarget } from './deployment-target.tsx'
import { stopReason } from './stop-reason.ts'

const tones: Record<Deployment['state'], Tone> = {
  running: 'accent',
  paused: 'warn',
  finished: 'good',
  canceled: 'idle',
}

export function DeploymentStatus({ deployment: { state, reason = 'asked' } }: { deployment: Deployment }) {
  const why = stopReason(reason)
  return <Status tone={tones[state]}>{why ? `${state}: ${why}` : state}</Status>
}

export const isOver = ({ state }: Deployment) => state === 'finished' || state === 'canceled'

/** How many devices it is for. */
export const totalOf = ({ devices: { waiting, told, succeeded, failed } }: Deployment) =>
  waiting + told + succeeded + failed

interface DeploymentRowProps {
  deployment: Deployment
  hidesGroup?: boolean
  /** What stands beside the state. */
  beside?: ReactNode
  parts?: { name: string; show: () => ReactNode }
}

/** A deployment in a list, with how far it is. */
export function DeploymentRow({ deployment, hidesGroup = false, beside, parts }: DeploymentRowProps) {
  const { id, type, name, version, devices, state, createdBy, createdAt } = deployment
  const { icon: Icon } = artifactKind(type)
  const total = totalOf(deployment)
  return (
    <ListRow
      icon={<Icon size={16} />}
      title={
        <>
          <Link to="/deployments/$id" params={{ id }}>
            {name} {version}
          </Link>
          {!hidesGroup && (
            <>
              {' '}
              to <DeploymentTarget deployment={deployment} />
            </>
          )}
        </>
      }
      note={
        <>
          {count(devices.succeeded)} of {count(total)} succeeded
          {devices.failed > 0 && `, ${count(devices.failed)} failed`}
          {state === 'canceled' && devices.waiting > 0 && `, ${count(devices.waiting)} never offered`}
          {deployment.warning && ', not registered'}
          {createdBy && `, by ${nameOfActor(createdBy)}`}, <RelativeTime time={createdAt} />
        </>
      }
      {...(parts && { parts })}
      end={
        <>
          <DeploymentStatus deployment={deployment} />
          {beside}
        </>
      }
    />
  )
}
