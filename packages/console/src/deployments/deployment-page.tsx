import { Alert, Button } from '@mantine/core'
import {
  type Deployment,
  type DeploymentChange,
  getDeployment,
  listDeploymentDevices,
  type Rollout,
  updateDeployment,
} from '@mason/contract/deployment'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, Pause, Play } from 'lucide-react'
import { useState } from 'react'
import { nameOfActor } from '../activity/actor.tsx'
import { one, read } from '../api/client.ts'
import type { Send } from '../api/submission.ts'
import { DeviceName } from '../device/device-name.tsx'
import { windowInWords } from '../timing/words.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Facts } from '../ui/facts.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { duration } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { StateBar } from '../ui/state-bar.tsx'
import { Empty } from '../ui/states.tsx'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { DeploymentStatus } from './deployment-row.tsx'
import { DeploymentTarget } from './deployment-target.tsx'

const route = getRouteApi('/inside/deployments/$id')
const deviceStates = ['waiting', 'told', 'succeeded', 'failed', 'unsupported'] as const
type DeviceState = (typeof deviceStates)[number]
const colors: Record<DeviceState, string> = {
  waiting: 'var(--line-strong)',
  told: 'var(--mantine-color-petrol-4)',
  succeeded: 'var(--good)',
  failed: 'var(--bad)',
  unsupported: 'var(--idle)',
}
/** What the API calls told. */
const labels: Record<DeviceState, string> = {
  waiting: 'waiting',
  told: 'offered',
  succeeded: 'succeeded',
  failed: 'failed',
  unsupported: 'unsupported',
}
const tones: Record<DeviceState, Tone> = {
  waiting: 'idle',
  told: 'accent',
  succeeded: 'good',
  failed: 'bad',
  unsupported: 'idle',
}

/** One deployment: how far it is, device by device; it can be paused, resumed and canceled. */
export function DeploymentPage() {
  const { id } = route.useParams()
  const { state } = route.useSearch()
  const navigate = useNavigate()
  const deployment = useQuery(read(getDeployment, { id }))
  const devices = useQuery(
    read(listDeploymentDevices, { id, limit: 50, ...(state && { state: state as DeviceState }) }),
  )
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
                    label: labels[name],
                    count: counts[name] ?? 0,
                    color: colors[name],
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
      <Panel title={state ? `Devices: ${labels[state as DeviceState] ?? state}` : 'Devices'} note="First 50" isFlush>
        <QueryView query={devices}>
          {({ data }) =>
            data.length === 0 ? (
              <Empty title="No devices in this state" />
            ) : (
              <List>
                {data.map(({ device, state: reached, reason, toldAt, finishedAt }) => (
                  <ListRow
                    key={device.id}
                    title={<DeviceName id={device.id} />}
                    note={
                      (finishedAt ?? toldAt) ? (
                        <>
                          {reason && `${reason}, `}
                          <RelativeTime time={finishedAt ?? toldAt ?? ''} />
                        </>
                      ) : (
                        reason
                      )
                    }
                    end={<Status tone={tones[reached]}>{labels[reached]}</Status>}
                  />
                ))}
              </List>
            )
          }
        </QueryView>
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

const renewed = ['getDeployment', 'listDeployments']

function DeploymentActions({ deployment: { id, state } }: { deployment: Deployment }) {
  const queryClient = useQueryClient()
  const [isCanceling, setIsCanceling] = useState(false)
  const renew = () => {
    for (const name of renewed) void queryClient.invalidateQueries({ queryKey: [name] })
  }
  const changeTo = (next: DeploymentChange['state']) => ({
    work: (send: Send) => send(updateDeployment, { id, state: next }),
    failure: 'Roll-out not changed',
    renews: renewed,
  })
  if (state === 'finished' || state === 'canceled') return undefined
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
      <Button variant="default" onClick={() => setIsCanceling(true)}>
        Cancel
      </Button>
      {isCanceling && (
        <Confirm
          title="Cancel this roll-out?"
          action="Cancel roll-out"
          cancel="Back"
          onConfirm={(send) => send(updateDeployment, { id, state: 'canceled' }).finally(renew)}
          onClose={() => setIsCanceling(false)}
        >
          Devices that already have it keep it. The others stay on what they had before.
        </Confirm>
      )}
    </>
  )
}
