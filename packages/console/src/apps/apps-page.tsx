import { type InstalledApp, listApps } from '@mason/contract/app'
import { Link } from '@tanstack/react-router'
import { AppWindow } from 'lucide-react'
import { useList } from '../api/lists.ts'
import { count, counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { PagedTable } from '../ui/paged-table.tsx'
import { Empty } from '../ui/states.tsx'
import type { Column } from '../ui/virtual-table.tsx'

/** Every app that devices report, and which version is the newest. */
export function AppsPage() {
  const list = useList(listApps, {}, { limit: 250 })
  return (
    <Page title="Apps" about="What is installed on your devices, and where an older version still is." isFull>
      <PagedTable
        label="Apps"
        columns={columns}
        list={list}
        rowKey={(app) => app.package}
        rowLabel={(app) => app.package}
        empty={
          <Empty icon={<AppWindow size={22} />} title="No apps reported">
            A device lists its apps in a full check-in.
          </Empty>
        }
      />
    </Page>
  )
}

const newest = ({ versions: [first] }: InstalledApp) => first

const columns: Column<InstalledApp>[] = [
  {
    id: 'package',
    label: 'Package',
    width: 14,
    grows: true,
    cell: (app) => (
      <Link to="/apps/$package" params={{ package: app.package }}>
        {app.package}
      </Link>
    ),
  },
  { id: 'devices', label: 'Devices', width: 5, isNumber: true, cell: ({ devices }) => count(devices) },
  {
    id: 'newest',
    label: 'Newest version',
    width: 10,
    isWide: true,
    cell: (app) => newest(app)?.version,
  },
  {
    id: 'behind',
    label: 'Older versions',
    width: 9,
    isWide: true,
    cell: (app) => {
      const behind = app.devices - (newest(app)?.devices ?? 0)
      return behind === 0 ? 'none' : `on ${counted(behind, 'device')}`
    },
  },
]
