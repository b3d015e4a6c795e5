import { Tabs } from '@mantine/core'
import { type Device, getDevice } from '@mason/contract/device'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, Unplug } from 'lucide-react'
import { lazy, type ReactNode, Suspense } from 'react'
import { one, read } from '../api/client.ts'
import { isGone } from '../api/faults.ts'
import { part } from '../api/part.ts'
import { useCan } from '../session/session.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty, Loading } from '../ui/states.tsx'
import { OnlineStatus } from '../ui/status.tsx'
import classes from './device.module.css'
import { DeviceActions } from './device-actions.tsx'
import { DeviceAlerts } from './device-alerts.tsx'
import { StateTab } from './state-tab.tsx'

const AppsTab = lazy(part(() => import('./apps-tab.tsx')))
const DataTab = lazy(part(() => import('./data-tab.tsx')))
const LocationTab = lazy(part(() => import('./location/location-tab.tsx')))
const ActivityTab = lazy(part(() => import('./activity-tab.tsx')))
const XrayTab = lazy(part(() => import('../xray/xray-tab.tsx')))
const JsonTab = lazy(part(() => import('./json-tab.tsx')))

const route = getRouteApi('/inside/devices/$id')

/** One device: what it reports, where it is, what was done with it, and what can be done. */
export function DevicePage() {
  const { id } = route.useParams()
  const device = useQuery(read(getDevice, { id }))
  const back = (
    <Link to="/devices">
      <ChevronLeft size={14} /> Devices
    </Link>
  )
  if (isGone(device.error))
    return (
      <Page title="Device not found" back={back}>
        <Panel>
          <Empty icon={<Unplug size={22} />} title="This device is not in your fleet">
            It was de-provisioned or refurbished, or the link is wrong. Its history is still under “Activity”.
          </Empty>
        </Panel>
      </Page>
    )
  const known = device.data && one(device.data)
  return (
    <Page
      title={known?.name ?? 'Device'}
      back={back}
      heading={
        known && (
          <span className={classes.heading}>
            {known.name} <OnlineStatus isOnline={known.online} />
          </span>
        )
      }
      about={
        known && (
          <>
            {known.family} in{' '}
            <Link to="/groups/$name" params={{ name: known.group.name }}>
              {known.group.name}
            </Link>
          </>
        )
      }
      actions={known && <DeviceActions device={known} />}
    >
      <QueryView
        query={device}
        loading={
          <Panel>
            <Loading lines={8} />
          </Panel>
        }
      >
        {(answer) => (
          <>
            <DeviceAlerts device={one(answer)} />
            <DeviceTabs device={one(answer)} />
          </>
        )}
      </QueryView>
    </Page>
  )
}

function DeviceTabs({ device }: { device: Device }) {
  const { tab = 'state' } = route.useSearch()
  const can = useCan()
  const navigate = useNavigate()
  const tabs: [name: string, label: string, content: ReactNode][] = [
    ['state', 'State', <StateTab key="state" device={device} />],
    ['apps', `Apps${device.apps ? ` ${device.apps.length}` : ''}`, <AppsTab key="apps" device={device} />],
    ['data', 'Data usage', <DataTab key="data" device={device} />],
    ...(can('fleet:locate')
      ? ([['location', 'Location', <LocationTab key="location" id={device.id} />]] as [string, string, ReactNode][])
      : []),
    ...(can('xray:admin')
      ? ([['xray', 'X-Ray', <XrayTab key="xray" device={device} />]] as [string, string, ReactNode][])
      : []),
    ['activity', 'Activity', <ActivityTab key="activity" id={device.id} />],
    ['json', 'JSON', <JsonTab key="json" device={device} />],
  ]
  return (
    <Tabs
      value={tab}
      keepMounted={false}
      onChange={(next) =>
        void navigate({
          to: '/devices/$id',
          params: { id: device.id },
          search: next && next !== 'state' ? { tab: next } : {},
          replace: true,
        })
      }
    >
      <Tabs.List mb="md" className={classes.tabs}>
        {tabs.map(([name, label]) => (
          <Tabs.Tab key={name} value={name}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map(([name, , content]) => (
        <Tabs.Panel key={name} value={name}>
          <Suspense fallback={<Loading />}>{content}</Suspense>
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
