import { Alert, Select, Switch } from '@mantine/core'
import { createDeployment } from '@mason/contract/deployment'
import { getSummary } from '@mason/contract/device'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { one, read } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { counted } from '../ui/numbers.ts'
import { RollOutFields, rollOutFaults, useRollOut } from './roll-out-fields.tsx'
import { type Deployable, WhatToDeploy } from './what-to-deploy.tsx'

interface DeployDialogProps {
  what?: Deployable
  group?: string
  onClose: () => void
}

const spreads = [
  { value: 'once', label: 'All devices at once' },
  { value: 'steps', label: 'Step by step' },
]

/** Deploys something to a group, at once or step by step, after saying how many devices it reaches. */
export function DeployDialog({ what: given, group: givenGroup, onClose }: DeployDialogProps) {
  const [what, setWhat] = useState(given)
  const [group, setGroup] = useState<string | null>(givenGroup ?? null)
  const [spread, setSpread] = useState('steps')
  const plan = useRollOut()
  const [push, setPush] = useState(true)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const form = useSubmission({
    work: async (send, chosen: Deployable & { group: string }) =>
      one(
        await send(createDeployment, {
          body: { ...chosen, push, ...(spread === 'steps' && { rollout: plan.rollout }) },
        }),
      ),
    onDone: async ({ id }) => {
      void queryClient.invalidateQueries({ queryKey: ['listDeployments'] })
      onClose()
      await navigate({ to: '/deployments/$id', params: { id } })
    },
  })
  const { faults } = form
  return (
    <FormDialog
      title={given ? `Deploy ${given.name} ${given.version}` : `Deploy to ${givenGroup}`}
      form={form}
      action="Deploy"
      isReady={what !== undefined && group !== null}
      onSubmit={() => {
        if (what && group) form.submit({ ...what, group })
      }}
      onClose={onClose}
    >
      {!given && <WhatToDeploy value={what} onChange={setWhat} error={faults.at('type', 'name', 'version')} />}
      {!givenGroup && <GroupSelect label="Group" value={group} onChange={setGroup} error={faults.at('group')} />}
      <Select label="Strategy" data={spreads} value={spread} onChange={(value) => setSpread(value ?? 'once')} />
      {spread === 'steps' && <RollOutFields plan={plan} faults={rollOutFaults(faults)} />}
      <Switch
        label="Notify devices right away"
        description="Otherwise they find out at their next check-in."
        checked={push}
        error={faults.at('push')}
        onChange={(event) => setPush(event.currentTarget.checked)}
      />
      {group && <Extent group={group} isProject={what?.type === 'config'} />}
    </FormDialog>
  )
}

/** Says how many devices are reached, and what happens to them. */
function Extent({ group, isProject }: { group: string; isProject: boolean }) {
  const summary = useQuery(read(getSummary, {}))
  if (!summary.data) return undefined
  const size = one(summary.data).groups.find(({ name }) => name === group)?.devices ?? 0
  return (
    <Alert color={isProject ? 'yellow' : 'petrol'}>
      This affects <b>{counted(size, 'device')}</b>.{' '}
      {isProject && 'Devices with another project, or with a newer version of this one, are reset.'}
    </Alert>
  )
}
