import { listDeploymentDevices } from '@mason/contract/deployment'
import { useList } from '../api/lists.ts'
import { DeviceName } from '../device/device-name.tsx'
import { Endless } from '../ui/endless.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { type DeviceState, stateLabels, stateTones } from './device-states.ts'

/** The devices of a roll-out, with what has become of it on each. */
export function RollOutDevices({ id, state }: { id: string; state?: DeviceState | undefined }) {
  const list = useList(listDeploymentDevices, { id, ...(state && { state }) }, { limit: 50 })
  return (
    <Endless list={list} more="Show more" empty={<Empty title="No devices in this state" />}>
      {(items) => (
        <List>
          {items.map(({ device, state: reached, reason, toldAt, finishedAt }) => {
            const time = finishedAt ?? toldAt
            return (
              <ListRow
                key={device.id}
                title={<DeviceName id={device.id} />}
                note={
                  time ? (
                    <>
                      {reason && `${reason}, `}
                      <RelativeTime time={time} />
                    </>
                  ) : (
                    reason
                  )
                }
                end={<Status tone={stateTones[reached]}>{stateLabels[reached]}</Status>}
              />
            )
          })}
        </List>
      )}
    </Endless>
  )
}
