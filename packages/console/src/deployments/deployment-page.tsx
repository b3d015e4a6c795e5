import { Alert } from '@mantine/core'
import {
  type Deployment,
  type DeploymentChange,
  getDeployment,
  type Rollout,
  updateDeployment,
} from '@mason/contract/deployment'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, Pause, Play } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { one, read } from '../api/client.ts'
import type { Send } from '../api/submission.ts'
import { windowInWords } from '../timing/words.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Facts } from '../ui/facts.tsx'
import { duration } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { StateBar } from '../ui/state-bar.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { CancelRollOut } from './cancel-roll-out.tsx'
import { DeploymentStatus, isOver } from './deployment-row.tsx'
import { DeploymentTarget } from './deployment-target.tsx'
import { type DeviceState, deviceStates, stateColors, stateLabels } from './device-states.ts'
import { RollOutDevices } from './roll-out-devices.tsx'

const route = getRouteApi('/inside/deployments/$id')

/** One deployment: how far it is, device by device; it can be paused, resumed and canceled. */
export function DeploymentPage() {
  const { id } = route.useParams()
  const { state } = route.useSearch()
  const navigate = useNavigate()
  const deployment = useQuery(read(getDeployment, { id }))
  const known = deployment.data && one(deployment.data)
  const show = (next: string | undefined) =>
    void navigate({ to: '/deployments/$id', params: { id }, search: next ? { state: next } : {}, replace: true })
  return (
    <Page
      title={known ? `${known.name} ${known.version}` : 'Roll-out'}
      about={
        known && (
          <>
            to <DeploymentTarget deployment={known} /> <DeploymentStatus deployment={known} />
          </>
        )
      }
      back={
        <Link to="/deployments">
          <ChevronLeft size={14} /> Roll-outs
        </Link>
      }
      actions={known && <DeploymentActions deployment={known} />}
    >
      {known?.warning && <Alert color="yellow">{known.warning}</Alert>}
      <Panel title="Progress" {...(known?.createdBy && { note: `Started by ${nameOfActor(known.createdBy)}` })}>
        <QueryView query={deployment}>
          {(answer) => {
            const { devices: counts, share, step, rollout, createdAt, finishedAt, notBefore, window } = one(answer)
            return (
              <>
                <StateBar
                  parts={deviceStates.map((name) => ({
                    name,
                    label: stateLabels[name],
                    count: counts[name] ?? 0,
                    color: stateColors[name],
                  }))}
                  shown={state}
                  onShow={show}
                />
                <div style={{ height: '1rem' }} />
                <Facts
                  facts={[
                    [
                      'Offered',
                      `to ${share}% of the devices, step ${step} of ${rollout.steps.length} (${rollout.steps.map((each) => `${each}%`).join(', ')})`,
                    ],
                    ['Next step', rollout.stepTimeoutMinutes !== undefined && passing(rollout)],
                    ['Pauses', rollout.stepTimeoutMinutes !== undefined && pausing(rollout)],
                    ['Installed', window && `only from ${windowInWords(window)}`],
                    ['Not before', notBefore && <RelativeTime time={notBefore} />],
                    ['Started', <RelativeTime key="started" time={createdAt} />],
                    ['Finished', finishedAt && <RelativeTime time={finishedAt} />],
                  ]}
                />
              </>
            )
          }}
        </QueryView>
      </Panel>
      <Panel title={state ? `Devices: ${stateLabels[state as DeviceState] ?? state}` : 'Devices'} isFlush>
        <RollOutDevices id={id} state={state as DeviceState} />
      </Panel>
    </Page>
  )
}

const passing = ({ minSuccessPercent = 50, soakMinutes }: Rollout) =>
  [
    `once ${minSuccessPercent}% of its devices (at least one) have succeeded`,
    ...(soakMinutes > 0 ? [`${duration(soakMinutes)} after the last success`] : []),
  ].join(', ')

const pausing = ({ maxFailurePercent, stepTimeoutMinutes }: Rollout) =>
  [
    ...(maxFailurePercent < 100 ? [`above ${maxFailurePercent}% failures`] : []),
    `if a step is not complete after ${duration(stepTimeoutMinutes ?? 0)}`,
  ].join(', or ')

function DeploymentActions({ deployment }: { deployment: Deployment }) {
  const { id, state } = deployment
  const changeTo = (next: DeploymentChange['state']) => ({
    work: (send: Send) => send(updateDeployment, { id, state: next }),
    failure: 'Roll-out not changed',
    renews: ['getDeployment', 'listDeployments'],
  })
  if (isOver(deployment)) return undefined
  return (
    <>
      {state === 'running' ? (
        <ActionButton leftSection={<Pause size={16} />} {...changeTo('paused')}>
          Pause
        </ActionButton>
      ) : (
        <ActionButton leftSection={<Play size={16} />} {...changeTo('running')}>
          Resume
        </ActionButton>
      )}
      <CancelRollOut deployment={deployment} />
    </>
  )
}
