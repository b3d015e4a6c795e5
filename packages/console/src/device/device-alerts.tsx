import { Alert, Button } from '@mantine/core'
import { type Device, getDevice, updateDevice } from '@mason/contract/device'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { call, read } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { useCan } from '../session/session.ts'
import { RelativeTime } from '../ui/time.tsx'

/** What is wrong with what a device says of itself. */
export function DeviceAlerts({ device }: { device: Device }) {
  return (
    <>
      {device.conflict && <Conflict id={device.id} />}
      {device.reportFaults && (
        <Alert color="yellow" mb="md" title="Parts of its reports cannot be read">
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
  const end = useMutation({
    mutationFn: () => call(updateDevice, { id, conflict: false }),
    onSuccess: (answer) => queryClient.setQueryData(read(getDevice, { id }).queryKey, answer),
  })
  return (
    <Alert color="red" mb="md" title="Two devices seem to use the credential of this one">
      <p>
        Its boots or IMEIs alternate, as after copying an image. Enroll each device by itself. Until this is cleared, no
        reboot, wipe or update check counts as done.
      </p>
      {end.isError && <p role="alert">{messageOf(end.error)}</p>}
      {can('fleet:manager') && (
        <Button size="xs" mt="xs" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
          Clear the conflict
        </Button>
      )}
    </Alert>
  )
}
