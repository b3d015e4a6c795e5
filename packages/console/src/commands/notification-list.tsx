import type { Notification } from '@mason/contract/notification'
import { Link } from '@tanstack/react-router'
import { DeviceName } from '../device/device-name.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { kindOf } from './catalog.ts'
import { CommandState } from './states.tsx'

interface NotificationListProps {
  notifications: readonly Notification[]
  /** Left out on the page of the device itself. */
  hidesDevice?: boolean
  /** Left out on the page of the batch itself. */
  hidesBatch?: boolean
}

/** Commands to single devices, with how far each has come. */
export function NotificationList({ notifications, hidesDevice = false, hidesBatch = false }: NotificationListProps) {
  return (
    <List>
      {notifications.map(({ id, type, device, batch, state, reason, createdAt }) => {
        const { label, icon: Icon } = kindOf(type)
        return (
          <ListRow
            key={id}
            icon={<Icon size={16} />}
            title={
              <>
                {label}
                {!hidesDevice && (
                  <>
                    {' '}
                    <DeviceName id={device.id} />
                  </>
                )}
              </>
            }
            note={
              <>
                <RelativeTime time={createdAt} />
                {batch && !hidesBatch && (
                  <>
                    , part of a{' '}
                    <Link to="/commands/batch/$id" params={{ id: batch }}>
                      batch
                    </Link>
                  </>
                )}
              </>
            }
            end={<CommandState state={state} reason={reason} />}
          />
        )
      })}
    </List>
  )
}
