import { type Device, getDevice, updateDevice } from '@mason/contract/device'
import { useQueryClient } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { NameDialog } from '../ui/name-dialog.tsx'

/** Gives a device another name. */
export function RenameDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const { id } = device
  const queryClient = useQueryClient()
  return (
    <NameDialog
      title="Rename"
      action="Rename"
      name={device.name}
      maxLength={200}
      work={(send, name) => send(updateDevice, { id, name })}
      onDone={(answer) => queryClient.setQueryData(read(getDevice, { id }).queryKey, answer)}
      onClose={onClose}
    />
  )
}
