import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import type { Sim, SimChange } from '@mason/contract/sim'
import { useMutation } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { fieldFaults, messageOf } from '../api/faults.ts'

interface SimDialogProps {
  sim: Sim
  onChange: (change: SimChange) => Promise<void>
  onClose: () => void
}

/** Changes the name of a SIM, and the only device that it may be in. */
export function SimDialog({ sim, onChange, onClose }: SimDialogProps) {
  const [name, setName] = useState(sim.name ?? '')
  const [imeiLock, setImeiLock] = useState(sim.imeiLock ?? '')
  const keep = useMutation({
    mutationFn: () => onChange({ name: name.trim() || null, imeiLock: imeiLock.trim() || null }),
    onSuccess: onClose,
  })
  const faults = fieldFaults(keep.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    keep.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>Name and IMEI lock</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            label="Name"
            data-autofocus
            maxLength={200}
            value={name}
            error={faults.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Only for the device with the IMEI"
            description="Put into any other device, it is told of and suspended. Empty: any device."
            inputMode="numeric"
            maxLength={40}
            value={imeiLock}
            error={faults.imeiLock}
            onChange={(event) => setImeiLock(event.currentTarget.value)}
          />
          {keep.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(keep.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" loading={keep.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
