import { TextInput } from '@mantine/core'
import { type Device, getDevice, updateDevice } from '@mason/contract/device'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { read } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

/** Gives a device another name. */
export function RenameDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const [name, setName] = useState(device.name)
  const queryClient = useQueryClient()
  const form = useSubmission({
    work: (send) => send(updateDevice, { id: device.id, name: name.trim() }),
    onDone: (answer) => {
      queryClient.setQueryData(read(getDevice, { id: device.id }).queryKey, answer)
      onClose()
    },
  })
  return (
    <FormDialog
      title="Rename"
      form={form}
      action="Rename"
      isReady={name.trim() !== ''}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        data-autofocus
        maxLength={200}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
