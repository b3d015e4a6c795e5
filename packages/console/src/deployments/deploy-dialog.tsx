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
  /** To which groups; chosen in the dialog where there are none. */
  groups?: readonly string[]
  /** Of the devices that it is for, in place of groups. */
  filter?: string
  onClose: () => void
}

const spreads = [
  { value: 'once', label: 'All devices at once' },
  { value: 'steps', label: 'Step by step' },
]

/** Deploys something to groups, a view or what matches a filter, at once or step by step, after saying how many devices it reaches. */
export function DeployDialog({ what: given, groups: givenGroups, filter: givenFilter, onClose }: DeployDialogProps) {
  const [what, setWhat] = useState(given)
  const [group, setGroup] = useState<string | null>(null)
  const [view, setView] = useState<View>()
  const groups = givenGroups ?? (group === null ? [] : [group])
  const [spread, setSpread] = useState('steps')
  const when = useTiming()
  const plan = useRollOut(when.window !== undefined)
  const [push, setPush] = useState(true)
  const targets = targetsOf(groups, view, givenFilter)
  const filter = givenFilter ?? view?.filter
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const form = useSubmission({
    work: async (send, chosen: Deployable) => {
      const how = { push, ...when.timing, ...(spread === 'steps' && { rollout: plan.rollout }) }
      const ids: string[] = []
      for (const target of targets)
        ids.push(one(await send(createDeployment, { body: { ...chosen, ...target, ...how } })).id)
      return ids
    },
    onDone: async ([id, ...others]) => {
      void queryClient.invalidateQueries({ queryKey: ['listDeployments'] })
      onClose()
      if (id === undefined || others.length > 0) return navigate({ to: '/deployments' })
      return navigate({ to: '/deployments/$id', params: { id } })
    },
  })
  const { faults } = form
  return (
    <FormDialog
      title={
        given
          ? `Deploy ${given.name} ${given.version}`
          : `Deploy to ${givenGroups?.join(', ') ?? givenFilter ?? 'devices'}`
      }
      form={form}
      action="Deploy"
      isReady={what !== undefined && targets.length > 0}
      onSubmit={() => {
        if (what && targets.length > 0) form.submit(what)
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
      {!(givenGroups || givenFilter) && (
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
      {groups.length > 0 && <ExtentOfGroups groups={groups} isProject={what?.type === 'config'} />}
      {filter !== undefined && <ExtentOfFilter filter={filter} isProject={what?.type === 'config'} />}
    </FormDialog>
  )
}

/** What a deployment is for; nothing as long as that is not chosen. */
function targetsOf(groups: readonly string[], view: View | undefined, filter: string | undefined) {
  if (filter !== undefined) return [{ filter }]
  if (view) return [{ view: view.id }]
  return groups.map((group) => ({ group }))
}

function ExtentOfGroups({ groups, isProject }: { groups: readonly string[]; isProject: boolean }) {
  const summary = useQuery(read(getSummary, {}))
  if (!summary.data) return undefined
  const size = one(summary.data)
    .groups.filter(({ name }) => groups.includes(name))
    .reduce((sum, { devices }) => sum + devices, 0)
  const among = groups.length > 1 ? ` in ${counted(groups.length, 'group')}` : ''
  return <Extent size={counted(size, 'device')} among={among} isProject={isProject} />
}

function ExtentOfFilter({ filter, isProject }: { filter: string; isProject: boolean }) {
  const { data } = useQuery(deviceCount({ filter }))
  if (!data) return undefined
  const { count, exact } = data
  return <Extent size={`${exact ? '' : 'about '}${counted(count, 'device')}`} isProject={isProject} />
}

/** Says how many devices are reached, and what happens to them. */
function Extent({ size, among = '', isProject }: { size: string; among?: string; isProject: boolean }) {
  return (
    <Alert color={isProject ? 'yellow' : 'petrol'}>
      This affects <b>{size}</b>
      {among}. {isProject && 'Devices with another project, or with a newer version of this one, are reset.'}
    </Alert>
  )
}
