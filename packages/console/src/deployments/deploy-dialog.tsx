import { Alert, Select, Switch } from '@mantine/core'
import { createDeployment } from '@mason/contract/deployment'
import { getSummary } from '@mason/contract/device'
import type { View } from '@mason/contract/view'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { one, read } from '../api/client.ts'
import { deviceCount } from '../api/counts.ts'
import { useSubmission } from '../api/submission.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { TimingFields, useTiming } from '../timing/timing-fields.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { counted } from '../ui/numbers.ts'
import { ViewSelect } from '../views/view-select.tsx'
import { RollOutFields, rollOutFaults, useRollOut } from './roll-out-fields.tsx'
import { type Deployable, WhatToDeploy } from './what-to-deploy.tsx'

interface DeployDialogProps {
  what?: Deployable
  /** To which group; chosen in the dialog where there is none. */
  group?: string
  /** Of the devices that it is for, in place of a group. */
  filter?: string
  onClose: () => void
}

const spreads = [
  { value: 'once', label: 'All devices at once' },
  { value: 'steps', label: 'Step by step' },
]

/** Deploys something to a group, a view or what matches a filter, at once or step by step, after saying how many devices it reaches. */
export function DeployDialog({ what: given, group: givenGroup, filter: givenFilter, onClose }: DeployDialogProps) {
  const [what, setWhat] = useState(given)
  const [group, setGroup] = useState(givenGroup ?? null)
  const [view, setView] = useState<View>()
  const [spread, setSpread] = useState('steps')
  const when = useTiming()
  const plan = useRollOut(when.window !== undefined)
  const [push, setPush] = useState(true)
  const target = targetOf(group, view, givenFilter)
  const filter = givenFilter ?? view?.filter
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const form = useSubmission({
    work: async (send, chosen: Deployable) => {
      const how = { push, ...when.timing, ...(spread === 'steps' && { rollout: plan.rollout }) }
      return one(await send(createDeployment, { body: { ...chosen, ...target, ...how } }))
    },
    onDone: ({ id }) => {
      void queryClient.invalidateQueries({ queryKey: ['listDeployments'] })
      onClose()
      return navigate({ to: '/deployments/$id', params: { id } })
    },
  })
  const { faults } = form
  return (
    <FormDialog
      title={given ? `Deploy ${given.name} ${given.version}` : `Deploy to ${givenGroup ?? givenFilter ?? 'devices'}`}
      form={form}
      action="Deploy"
      isReady={what !== undefined && target !== undefined}
      onSubmit={() => {
        if (what && target) form.submit(what)
      }}
      onClose={onClose}
    >
      {!given && (
        <WhatToDeploy
          value={what}
          onChange={setWhat}
          error={faults.at('type', 'name', 'version')}
          // Devices that are found by the version of an app are to have another one.
          usual={givenFilter?.includes('app.') ? 'apk' : 'config'}
        />
      )}
      {!(givenGroup || givenFilter) && (
        <>
          <GroupSelect
            label="Group"
            value={group}
            onChange={(chosen) => {
              setGroup(chosen)
              setView(undefined)
            }}
            error={faults.at('group')}
          />
          <ViewSelect
            value={view}
            onChange={(chosen) => {
              setView(chosen)
              setGroup(null)
            }}
            error={faults.at('view')}
          />
        </>
      )}
      <Select label="Strategy" data={spreads} value={spread} onChange={(value) => setSpread(value ?? 'once')} />
      {spread === 'steps' && <RollOutFields plan={plan} faults={rollOutFaults(faults)} />}
      <TimingFields timing={when} faults={faults} />
      <Switch
        label="Notify devices right away"
        description="Otherwise they find out at their next check-in."
        checked={push}
        error={faults.at('push')}
        onChange={(event) => setPush(event.currentTarget.checked)}
      />
      {group !== null && <ExtentOfGroup name={group} isProject={what?.type === 'config'} />}
      {filter !== undefined && <ExtentOfFilter filter={filter} isProject={what?.type === 'config'} />}
    </FormDialog>
  )
}

/** What a deployment is for; nothing as long as that is not chosen. */
function targetOf(group: string | null, view: View | undefined, filter: string | undefined) {
  if (filter !== undefined) return { filter }
  if (view) return { view: view.id }
  return group === null ? undefined : { group }
}

function ExtentOfGroup({ name, isProject }: { name: string; isProject: boolean }) {
  const summary = useQuery(read(getSummary, {}))
  if (!summary.data) return undefined
  const { devices = 0 } = one(summary.data).groups.find((group) => group.name === name) ?? {}
  return <Extent size={counted(devices, 'device')} isProject={isProject} />
}

function ExtentOfFilter({ filter, isProject }: { filter: string; isProject: boolean }) {
  const { data } = useQuery(deviceCount({ filter }))
  if (!data) return undefined
  const { count, exact } = data
  return <Extent size={`${exact ? '' : 'about '}${counted(count, 'device')}`} isProject={isProject} />
}

/** Says how many devices are reached, and what happens to them. */
function Extent({ size, isProject }: { size: string; isProject: boolean }) {
  return (
    <Alert color={isProject ? 'yellow' : 'petrol'}>
      This affects <b>{size}</b>.{' '}
      {isProject && 'Devices with another project, or with a newer version of this one, are reset.'}
    </Alert>
  )
}
