import { Alert, Button, Group, Modal, NumberInput, Radio, Stack, Text } from '@mantine/core'
import type { DataLimit, Sim, SimChange } from '@mason/contract/sim'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { fieldFaults, messageOf } from '../api/faults.ts'

const megabyte = 1_000_000

interface LimitDialogProps {
  sim: Sim
  onChange: (change: SimChange) => Promise<void>
  onClose: () => void
}

/** Sets how much a SIM may use in a month, and what happens then. */
export function LimitDialog({ sim: { dataLimit }, onChange, onClose }: LimitDialogProps) {
  const [megabytes, setMegabytes] = useState<number | string>(dataLimit ? dataLimit.bytes / megabyte : '')
  const [action, setAction] = useState<DataLimit['action']>(dataLimit?.action ?? 'alert')
  const keep = useMutation({
    mutationFn: (limit: DataLimit | null) => onChange({ dataLimit: limit }),
    onSuccess: onClose,
  })
  const faults = fieldFaults(keep.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    keep.mutate({ bytes: Math.round(Number(megabytes) * megabyte), action })
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>Limit of a month</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <NumberInput
            label="Megabytes"
            description="A million bytes each, upload and download together."
            data-autofocus
            min={0}
            value={megabytes}
            error={faults.dataLimit}
            onChange={setMegabytes}
          />
          <Radio.Group
            label="Once it is reached"
            value={action}
            onChange={(value) => setAction(value as DataLimit['action'])}
          >
            <Stack gap={8} mt={8}>
              <Radio value="alert" label="Tell of it" />
              <Radio value="suspend" label="Suspend the SIM as well" />
            </Stack>
          </Radio.Group>
          {keep.isError && !faults.dataLimit && <Alert color="red">{messageOf(keep.error)}</Alert>}
          <Group justify="space-between" gap="xs">
            <Button variant="subtle" color="red" disabled={!dataLimit} onClick={() => keep.mutate(null)}>
              No limit
            </Button>
            <Group gap="xs">
              <Button variant="default" onClick={onClose}>
                Keep as is
              </Button>
              <Button type="submit" disabled={!(Number(megabytes) > 0)} loading={keep.isPending}>
                Set the limit
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
