import { Link } from '@tanstack/react-router'
import { OnlineStatus, Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import type { Column } from '../ui/virtual-table.tsx'
import type { DeviceRow } from './device-rows.ts'
import classes from './devices-page.module.css'

/** The columns that the table can show. */
export const columns: readonly Column<DeviceRow>[] = [
  {
    id: 'name',
    label: 'Name',
    sort: 'name',
    width: 12,
    grows: true,
    cell: ({ id, name }) => (
      <Link to="/devices/$id" params={{ id }} className={classes.name}>
        {name}
      </Link>
    ),
  },
  { id: 'online', label: 'Status', width: 5.25, cell: ({ online }) => <OnlineStatus isOnline={online} /> },
  {
    id: 'group',
    label: 'Group',
    sort: 'group',
    width: 7,
    grows: true,
    isWide: true,
    cell: ({ group }) => (
      <Link to="/groups/$name" params={{ name: group.name }} className={classes.quiet}>
        {group.name}
      </Link>
    ),
  },
  { id: 'family', label: 'Family', sort: 'family', width: 5, isWide: true, cell: ({ family }) => family },
  {
    id: 'serialnumber',
    label: 'Serial number',
    width: 9.5,
    grows: true,
    isWide: true,
    cell: ({ serialnumber }) => <span className={classes.code}>{serialnumber}</span>,
  },
  {
    id: 'imei',
    label: 'IMEI',
    width: 9.5,
    isWide: true,
    cell: ({ imei }) => <span className={classes.code}>{imei ?? '–'}</span>,
  },
  {
    id: 'os',
    label: 'OS release',
    sort: 'os.release',
    width: 6,
    isWide: true,
    cell: ({ os }) => os?.masonOS?.release ?? '–',
  },
  {
    id: 'battery',
    label: 'Battery',
    sort: 'battery.level',
    width: 4.5,
    isWide: true,
    isNumber: true,
    cell: ({ battery }) => (battery ? `${battery.level}%` : '–'),
  },
  {
    id: 'updates',
    label: 'Updates',
    width: 7,
    isWide: true,
    cell: ({ status }) =>
      status.osUpdated && status.appsUpdated && status.projectUpdated ? (
        <Status tone="idle" isPlain>
          Up to date
        </Status>
      ) : (
        <Status tone="warn" isPlain>
          Out of date
        </Status>
      ),
  },
  {
    id: 'lastcheckin',
    label: 'Last check-in',
    sort: 'lastcheckin',
    width: 8,
    isWide: true,
    cell: ({ lastcheckin }) => <RelativeTime time={lastcheckin} />,
  },
  {
    id: 'createdAt',
    label: 'Enrolled',
    sort: 'createdAt',
    width: 8,
    isWide: true,
    cell: ({ createdAt }) => <RelativeTime time={createdAt} />,
  },
]

/** What is shown until somebody chooses otherwise. */
export const usualColumns = ['name', 'online', 'group', 'family', 'serialnumber', 'os', 'battery', 'lastcheckin']
