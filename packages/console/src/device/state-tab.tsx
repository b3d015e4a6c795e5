import type { Device } from '@mason/contract/device'
import { kindNames } from '@mason/contract/device-kind'
import { listNotifications } from '@mason/contract/notification'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { SquareTerminal } from 'lucide-react'
import { read } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'
import { NotificationList } from '../commands/notification-list.tsx'
import { Facts } from '../ui/facts.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { Code } from './code.tsx'
import classes from './device.module.css'
import { LabelPanel } from './label-panel.tsx'
import { NetworkPanel } from './network-panel.tsx'
import { NotesPanel } from './notes-panel.tsx'
import { SimPanel } from './sim-panel.tsx'

/** What a device reports about itself, and what people say of it. */
export function StateTab({ device }: { device: Device }) {
  const { status, os } = device
  const commands = useQuery(read(listNotifications, { device: device.id, limit: 5, before: endOfIds }))
  return (
    <div className={classes.grid}>
      <div className={classes.stack}>
        <Panel title="Device">
          <Facts
            facts={[
              ['Last check-in', <RelativeTime key="time" time={device.lastcheckin} />],
              ['Battery', device.battery && <Battery level={Number(device.battery.level)} />],
              ['Kind', kindNames[device.kind]],
              ['Serial number', <Code key="serial" text={device.serialnumber} label="serial number" />],
              ['IMEI', device.imei && <Code text={device.imei} label="IMEI" />],
              ['Id', <Code key="id" text={device.id} label="id" />],
              ['Time zone', device.timezone],
              ['Enrolled', <RelativeTime key="enrolled" time={device.createdAt} />],
            ]}
          />
        </Panel>
        <Panel title="Software">
          <Facts
            facts={[
              ['OS', <Update key="os" text={os?.masonOS?.release} isDone={status.osUpdated} />],
              [
                'Apps',
                <Update key="apps" text={`${device.apps?.length ?? 0} installed`} isDone={status.appsUpdated} />,
              ],
              [
                'Project',
                <Update
                  key="project"
                  text={[os?.configuration?.project, os?.configuration?.version].filter(Boolean).join(' ')}
                  isDone={status.projectUpdated}
                />,
              ],
              ['Build', os?.masonOS?.incremental],
              ['Product', os?.configuration?.product],
            ]}
          />
        </Panel>
        <SimPanel device={device} />
        <NetworkPanel connection={device.connection} />
      </div>
      <div className={classes.stack}>
        <Panel
          title="Commands"
          actions={
            <Link to="." search={{ tab: 'activity' }}>
              All activity
            </Link>
          }
          isFlush
        >
          <QueryView query={commands}>
            {({ data }) =>
              data.length === 0 ? (
                <Empty icon={<SquareTerminal size={20} />} title="No commands yet">
                  Commands to this device appear here, with their progress.
                </Empty>
              ) : (
                <NotificationList notifications={data.toReversed()} hidesDevice />
              )
            }
          </QueryView>
        </Panel>
        <LabelPanel device={device} />
        <NotesPanel device={device} />
      </div>
    </div>
  )
}

function Update({ text, isDone }: { text: string | undefined; isDone: boolean }) {
  return (
    <>
      {text || 'not reported'}
      <Status tone={isDone ? 'good' : 'warn'} isPlain>
        {isDone ? 'up to date' : 'out of date'}
      </Status>
    </>
  )
}

function chargeColor(level: number): string {
  if (level <= 15) return 'var(--bad)'
  return level <= 30 ? 'var(--warn)' : 'var(--good)'
}

function Battery({ level }: { level: number }) {
  return (
    <span className={classes.battery}>
      <span className={classes.cells} aria-hidden="true">
        <span className={classes.charge} style={{ width: `${level}%`, background: chargeColor(level) }} />
      </span>
      {level}%
    </span>
  )
}
