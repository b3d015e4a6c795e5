import { Alert, Button, Group, Modal, NumberInput, Select, Stack, Switch, TagsInput, Text } from '@mantine/core'
import { createDeployment, type DeployableType } from '@mason/contract/deployment'
import { getSummary } from '@mason/contract/device'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { call, one, read } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { counted } from '../ui/numbers.ts'
import { WhatToDeploy } from './what-to-deploy.tsx'

export interface Deployable {
  type: DeployableType
  name: string
  version: string
}

interface DeployDialogProps {
  what?: Deployable
  group?: string
  onClose: () => void
}

const spreads = [
  { value: 'once', label: 'To all devices at once' },
  { value: 'steps', label: 'Step by step' },
]

/** Deploys something to a group, at once or step by step, after saying how many devices it reaches. */
export function DeployDialog({ what: given, group: givenGroup, onClose }: DeployDialogProps) {
  const [what, setWhat] = useState(given)
  const [group, setGroup] = useState<string | null>(givenGroup ?? null)
  const [spread, setSpread] = useState('steps')
  const [steps, setSteps] = useState(['5', '25', '100'])
  const [soakMinutes, setSoakMinutes] = useState<number | string>(30)
  const [maxFailurePercent, setMaxFailurePercent] = useState<number | string>(10)
  const [minSuccessPercent, setMinSuccessPercent] = useState<number | string>(50)
  const [timeoutHours, setTimeoutHours] = useState<number | string>(24)
  const [push, setPush] = useState(true)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const summary = useQuery(read(getSummary, {}))
  const size = summary.data && (one(summary.data).groups.find(({ name }) => name === group)?.devices ?? 0)
  const rollout = {
    steps: [...new Set([...steps.map(Number), 100])].toSorted((a, b) => a - b),
    soakMinutes: Number(soakMinutes),
    maxFailurePercent: Number(maxFailurePercent),
    minSuccessPercent: Number(minSuccessPercent),
    stepTimeoutMinutes: Number(timeoutHours) * 60,
  }
  const deploy = useMutation({
    mutationFn: async (chosen: Deployable) =>
      one(
        await call(createDeployment, {
          body: { ...chosen, group: group ?? '', push, ...(spread === 'steps' && { rollout }) },
        }),
      ),
    onSuccess: async ({ id }) => {
      void queryClient.invalidateQueries({ queryKey: ['listDeployments'] })
      onClose()
      await navigate({ to: '/deployments/$id', params: { id } })
    },
  })
  const faults = fieldFaults(deploy.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (what && group) deploy.mutate(what)
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={<Text fw={600}>{given ? `Deploy ${given.name} ${given.version}` : `Deploy to ${givenGroup}`}</Text>}
    >
      <form onSubmit={submit}>
        <Stack gap="md">
          {!given && <WhatToDeploy value={what} onChange={setWhat} error={faults.name ?? faults.version} />}
          {!givenGroup && <GroupSelect label="To the group" value={group} onChange={setGroup} error={faults.group} />}
          <Select
            label="How does it spread?"
            data={spreads}
            value={spread}
            onChange={(value) => setSpread(value ?? 'once')}
          />
          {spread === 'steps' && (
            <>
              <TagsInput
                label="Steps, in percent of the group"
                value={steps}
                error={faults.rollout}
                onChange={(next) => setSteps(next.filter((text) => /^([1-9]\d?|100)$/.test(text)))}
              />
              <Group grow align="flex-start">
                <NumberInput
                  label="Minutes to wait after a step's last success"
                  min={0}
                  max={525_600}
                  allowDecimal={false}
                  value={soakMinutes}
                  onChange={setSoakMinutes}
                />
                <NumberInput
                  label="Pause beyond this many percent of failures"
                  min={0}
                  max={100}
                  allowDecimal={false}
                  value={maxFailurePercent}
                  onChange={setMaxFailurePercent}
                />
              </Group>
              <Group grow align="flex-start">
                <NumberInput
                  label="Percent of a step's devices that have to succeed"
                  min={0}
                  max={100}
                  allowDecimal={false}
                  value={minSuccessPercent}
                  onChange={setMinSuccessPercent}
                />
                <NumberInput
                  label="Pause a step that has not passed after this many hours"
                  min={1}
                  max={8_760}
                  allowDecimal={false}
                  value={timeoutHours}
                  onChange={setTimeoutHours}
                />
              </Group>
            </>
          )}
          <Switch
            label="Tell devices at once, not when they check in next"
            checked={push}
            onChange={(event) => setPush(event.currentTarget.checked)}
          />
          {size !== undefined && group && (
            <Alert color={what?.type === 'config' ? 'yellow' : 'petrol'}>
              This reaches <b>{counted(size, 'device')}</b>.{' '}
              {what?.type === 'config' &&
                'A device that had another project, or a newer version of this one, is reset.'}
            </Alert>
          )}
          {deploy.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(deploy.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" disabled={!what || !group} loading={deploy.isPending}>
              Deploy
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
