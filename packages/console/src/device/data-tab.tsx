import type { Device } from '@mason/contract/device'
import { ChartColumn } from 'lucide-react'
import { bytes } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { dayOf } from '../ui/time.tsx'
import { ByteBars } from './byte-bars.tsx'
import classes from './device.module.css'

/** What a device says it has used, in all and by app. */
export default function DataTab({ device }: { device: Device }) {
  const { usageCycles = [], appsDataUsage = [] } = device.connection?.dataUsage ?? {}
  const cycle = usageCycles.at(-1)
  if (!cycle)
    return (
      <Panel>
        <Empty icon={<ChartColumn size={22} />} title="No data use reported">
          The device reports it with a whole check-in. Send “Refresh” to ask for one.
        </Empty>
      </Panel>
    )
  const apps = appsDataUsage
    .map(({ packageNames, uid, usageCycles: cycles }) => ({
      name: packageNames.join(', ') || `uid ${uid}`,
      ...totals(cycles.at(-1)?.usages ?? []),
    }))
    .sort((a, b) => b.received + b.sent - (a.received + a.sent))
  const all = totals(cycle.usages)
  return (
    <div className={classes.stack}>
      <Panel
        title="As the device counts"
        note={`${dayOf(cycle.startTime)} to ${dayOf(cycle.endTime)}: ${bytes(all.received)} down, ${bytes(all.sent)} up`}
      >
        <ByteBars
          rows={cycle.usages.map(({ type, bytesReceived, bytesSent }) => ({
            name: type === 'wifi' ? 'Wi-Fi' : 'Mobile',
            received: bytesReceived,
            sent: bytesSent,
          }))}
        />
      </Panel>
      {apps.length > 0 && (
        <Panel title="By app">
          <ByteBars rows={apps} />
        </Panel>
      )}
    </div>
  )
}

interface Usage {
  bytesReceived: number
  bytesSent: number
}

const totals = (usages: readonly Usage[]) => ({
  received: usages.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0),
  sent: usages.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
})
