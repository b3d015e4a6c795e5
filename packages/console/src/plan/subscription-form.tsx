import { Button, Group, NumberInput, Radio, Stack, TagsInput } from '@mantine/core'
import {
  changeSubscription,
  defaultThresholds,
  getSubscription,
  type Subscription,
  type SubscriptionChange,
} from '@mason/contract/subscription'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { one, read } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { FormAlert } from '../ui/form-alert.tsx'
import { notify } from '../ui/notify.tsx'
import { useUnsaved } from '../ui/unsaved.ts'

const gigabyte = 1_000_000_000

type Kind = 'default' | 'perDevice' | 'value' | 'target'

const kinds: readonly { kind: Kind; label: string; description: string }[] = [
  { kind: 'default', label: 'Pool of 0.5 GB per device', description: 'Grows and shrinks with your fleet.' },
  { kind: 'perDevice', label: 'Pool per device', description: 'Grows and shrinks with your fleet.' },
  { kind: 'value', label: 'Pool of a fixed size', description: 'Stays the same, however many devices you have.' },
  { kind: 'target', label: 'Pay as you go', description: 'No pool. Set the most that you plan to use.' },
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
  const [kind, setKind] = useState<Kind>(kindOf(current, isFixed))
  const [gigabytes, setGigabytes] = useState<number | string>((amountOf(current) ?? 0) / gigabyte)
  const [thresholds, setThresholds] = useState((current.thresholds ?? defaultThresholds).map(String))
  const form = useSubmission({
    work: (send) => send(changeSubscription, { body: toChange(kind, Number(gigabytes), thresholds) }),
    onDone: (answer) => {
      void notify({ message: 'Subscription changed.' })
      queryClient.setQueryData(read(getSubscription, {}).queryKey, one(answer))
      for (const name of ['forecastSubscription', 'listSubscriptionHistory'])
        void queryClient.invalidateQueries({ queryKey: [name] })
    },
  })
  const isAdmin = can('connect:admin')
  const { touch } = useUnsaved()
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }
  return (
    <form onSubmit={submit} onInput={touch} noValidate>
      <Stack gap="md" maw={560}>
        <Radio.Group
          label="Type"
          value={kind}
          error={form.faults.at('type')}
          onChange={(next) => setKind(next as Kind)}
        >
          <Stack gap={8} mt={8}>
            {kinds.map(({ kind: each, label, description }) => (
              <Radio key={each} value={each} label={label} description={description} disabled={!isAdmin} />
            ))}
          </Stack>
        </Radio.Group>
        {kind !== 'default' && (
          <NumberInput
            label={kind === 'perDevice' ? 'Gigabytes per device per month' : 'Gigabytes per month'}
            min={0}
            readOnly={!isAdmin}
            value={gigabytes}
            error={form.faults.at(kind)}
            onChange={setGigabytes}
          />
        )}
        <TagsInput
          label="Alert at these percentages"
          description="Each raises one event per month."
          readOnly={!isAdmin}
          value={thresholds}
          error={form.faults.at('thresholds')}
          onChange={(next) => setThresholds(next.filter((text) => /^[1-9]\d{0,3}$/.test(text)))}
        />
        <FormAlert form={form} />
        {isAdmin && (
          <Group>
            <Button type="submit" loading={form.isPending}>
              Save
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  )
}

function kindOf({ type, typeSpecific: { perDevice } }: Subscription, isFixed: boolean): Kind {
  if (type === 'pay_as_you_go') return 'target'
  if (perDevice) return 'perDevice'
  return isFixed ? 'value' : 'default'
}

const amountOf = ({ type, typeSpecific: { value, perDevice, target } }: Subscription) =>
  type === 'pay_as_you_go' ? target : (perDevice ?? value)

function toChange(kind: Kind, gigabytes: number, thresholds: readonly string[]): SubscriptionChange {
  const amount = kind === 'default' ? {} : { [kind]: Math.round(gigabytes * gigabyte) }
  return {
    type: kind === 'target' ? 'pay_as_you_go' : 'device_data_pool',
    ...amount,
    thresholds: thresholds.map(Number).toSorted((a, b) => a - b),
  }
}
