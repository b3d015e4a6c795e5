import { Alert, Button, Group, NumberInput, Radio, Stack, TagsInput } from '@mantine/core'
import {
  changeSubscription,
  defaultThresholds,
  getSubscription,
  type Subscription,
  type SubscriptionChange,
} from '@mason/contract/subscription'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, one, read } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { useCan } from '../session/session.ts'
import { notify } from '../ui/notify.tsx'

const gigabyte = 1_000_000_000

type Kind = 'default' | 'perDevice' | 'value' | 'target'

const kinds: readonly { kind: Kind; label: string; description: string }[] = [
  { kind: 'default', label: 'Pool of 0.5 GB a device', description: 'Grows and shrinks with your fleet.' },
  { kind: 'perDevice', label: 'Pool of so much a device', description: 'Grows and shrinks with your fleet.' },
  { kind: 'value', label: 'Pool of a fixed size', description: 'The same however many devices there are.' },
  { kind: 'target', label: 'Pay as you go', description: 'No pool: what you mean to use at most.' },
]

interface SubscriptionFormProps {
  current: Subscription
  /** Whether the pool was given a size; one that follows the fleet has one as well. */
  isFixed: boolean
}

/** Shows what the data of a month is measured against, and changes it. */
export function SubscriptionForm({ current, isFixed }: SubscriptionFormProps) {
  const can = useCan()
  const queryClient = useQueryClient()
  const { value, perDevice, target } = current.typeSpecific
  const isPool = current.type === 'device_data_pool'
  const [kind, setKind] = useState<Kind>(isPool ? (perDevice ? 'perDevice' : isFixed ? 'value' : 'default') : 'target')
  const [gigabytes, setGigabytes] = useState<number | string>(
    ((isPool ? (perDevice ?? value) : target) ?? 0) / gigabyte,
  )
  const [thresholds, setThresholds] = useState((current.thresholds ?? defaultThresholds).map(String))
  const change = useMutation({
    mutationFn: () => call(changeSubscription, { body: toChange(kind, Number(gigabytes), thresholds) }),
    onSuccess: (answer) => {
      void notify({ message: 'The subscription is changed.' })
      queryClient.setQueryData(read(getSubscription, {}).queryKey, one(answer))
      for (const name of ['forecastSubscription', 'listSubscriptionHistory'])
        void queryClient.invalidateQueries({ queryKey: [name] })
    },
  })
  const faults = fieldFaults(change.error)
  const isAdmin = can('connect:admin')
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="md" maw={560}>
        <Radio.Group label="Measured against" value={kind} onChange={(next) => setKind(next as Kind)}>
          <Stack gap={8} mt={8}>
            {kinds.map(({ kind: each, label, description }) => (
              <Radio key={each} value={each} label={label} description={description} disabled={!isAdmin} />
            ))}
          </Stack>
        </Radio.Group>
        {kind !== 'default' && (
          <NumberInput
            label={kind === 'perDevice' ? 'Gigabytes a month for each device' : 'Gigabytes a month'}
            min={0}
            readOnly={!isAdmin}
            value={gigabytes}
            error={faults[kind]}
            onChange={setGigabytes}
          />
        )}
        <TagsInput
          label="Tell me at these shares of it, in percent"
          description="Each is an event, once a month."
          readOnly={!isAdmin}
          value={thresholds}
          error={faults.thresholds}
          onChange={(next) => setThresholds(next.filter((text) => /^[1-9]\d{0,3}$/.test(text)))}
        />
        {change.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(change.error)}</Alert>}
        {isAdmin && (
          <Group>
            <Button type="submit" loading={change.isPending}>
              Save
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}

function toChange(kind: Kind, gigabytes: number, thresholds: readonly string[]): SubscriptionChange {
  const amount = kind === 'default' ? {} : { [kind]: Math.round(gigabytes * gigabyte) }
  return {
    type: kind === 'target' ? 'pay_as_you_go' : 'device_data_pool',
    ...amount,
    thresholds: thresholds.map(Number).toSorted((a, b) => a - b),
  }
}
