import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type Device, getDevice, updateDevice } from '@mason/contract/device'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, read } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'

/** Gives a device another name. */
export function RenameDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const [name, setName] = useState(device.name)
  const queryClient = useQueryClient()
  const rename = useMutation({
    mutationFn: () => call(updateDevice, { id: device.id, name: name.trim() }),
    onSuccess: (answer) => {
      queryClient.setQueryData(read(getDevice, { id: device.id }).queryKey, answer)
      onClose()
    },
  })
  const faults = fieldFaults(rename.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    rename.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>Rename</Text>}>
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
          {rename.isError && !faults.name && <Alert color="red">{messageOf(rename.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" disabled={name.trim() === ''} loading={rename.isPending}>
              Rename
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
