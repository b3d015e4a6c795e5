import { Alert } from '@mantine/core'
import { type Device, getDevice, updateDevice } from '@mason/contract/device'
import { useQueryClient } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { RelativeTime } from '../ui/time.tsx'

/** What is wrong with what a device says of itself. */
export function DeviceAlerts({ device }: { device: Device }) {
  return (
    <>
      {device.conflict && <Conflict id={device.id} />}
      {device.reportFaults && (
        <Alert color="yellow" mb="md" title="Parts of this device’s reports are invalid">
          <ul>
            {device.reportFaults.map(({ path, message, since }) => (
              <li key={path}>
                <code>{path}</code> {message}, since <RelativeTime time={since} />
              </li>
            ))}
          </ul>
        </Alert>
      )}
    </>
  )
}

function Conflict({ id }: { id: string }) {
  const queryClient = useQueryClient()
  const can = useCan()
  return (
    <Alert color="red" mb="md" title="Two devices seem to share this credential">
      <p>
        The boot ids or IMEIs of its reports alternate, as they do when a device image was copied. Enroll each device
        separately. Until you clear the conflict, reboots, wipes and update checks cannot be confirmed.
      </p>
      {can('fleet:manager') && (
        <ActionButton
          size="xs"
          mt="xs"
          variant="default"
          work={(send) => send(updateDevice, { id, conflict: false })}
          failure="Conflict not cleared"
          onDone={(answer) => queryClient.setQueryData(read(getDevice, { id }).queryKey, answer)}
        >
          Clear conflict
        </ActionButton>
      )}
    </Alert>
  )
}
