import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Send } from 'lucide-react'
import { NotificationList } from '../commands/notification-list.tsx'
import { openNotifications } from '../commands/open-notifications.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import classes from './overview.module.css'

const shown = 5

/** Commands that have not come to an end. */
export function CommandsInFlight() {
  const open = useQuery(openNotifications)
  return (
    <Panel
      title="Commands in progress"
      note={
        open.data && open.data.length > 0 && `${open.data.length >= 300 ? '300 or more' : open.data.length} in progress`
      }
      actions={<Link to="/commands">All commands</Link>}
      className={classes.flight}
      isFlush
    >
      <QueryView query={open}>
        {(notifications) =>
          notifications.length === 0 ? (
            <Empty icon={<Send size={20} />} title="No commands in progress">
              Send a command from the device table, a device or a group.
            </Empty>
          ) : (
            <NotificationList notifications={notifications.slice(0, shown)} />
          )
        }
      </QueryView>
    </Panel>
  )
}
