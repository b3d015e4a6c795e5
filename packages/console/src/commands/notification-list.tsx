import type { Notification } from '@mason/contract/notification'
import { Link } from '@tanstack/react-router'
import { DeviceName } from '../device/device-name.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { kindOf } from './catalog.ts'
import { CommandState } from './states.tsx'

interface Hidden {
  /** Left out on the page of the device itself. */
  hidesDevice?: boolean
  /** Left out on the page of the batch itself. */
  hidesBatch?: boolean
}

/** Commands to single devices, with how far each has come. */
export function NotificationList({ notifications, ...hidden }: Hidden & { notifications: readonly Notification[] }) {
  return (
    <List>
      {notifications.map((notification) => (
        <NotificationRow key={notification.id} notification={notification} {...hidden} />
      ))}
    </List>
  )
}

export function NotificationRow({
  notification,
  hidesDevice = false,
  hidesBatch = false,
}: Hidden & { notification: Notification }) {
  const { type, device, batch, state, reason, createdAt } = notification
  const { label, icon: Icon } = kindOf(type)
  return (
    <ListRow
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
}
