import { type Device, getDevice, updateDevice } from '@mason/contract/device'
import { useQueryClient } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { PairPanel } from '../ui/pair-panel.tsx'

/** What people have labeled a device with. */
export function LabelPanel({ device: { id, labels = {} } }: { device: Device }) {
  const can = useCan()
  const queryClient = useQueryClient()
  return (
    <PairPanel
      noun="Label"
      purpose="Use labels, such as the store or the counter, to tell devices apart."
      pairs={Object.entries(labels)}
      show={(key, value) => `${key}: ${value}`}
      isChangeable={can('fleet:manager')}
      set={(send, key, value) => send(updateDevice, { id, labels: { [key]: value } })}
      remove={(send, key) => send(updateDevice, { id, labels: { [key]: null } })}
      onChanged={(answer) => queryClient.setQueryData(read(getDevice, { id }).queryKey, answer)}
      examples={{ key: 'store', value: '12' }}
      keyFault="labels"
      maxLength={200}
    />
  )
}
