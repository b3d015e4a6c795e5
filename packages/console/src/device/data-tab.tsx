import type { Connection } from '@mason/contract/connection'
import type { Device } from '@mason/contract/device'
import { getSim } from '@mason/contract/sim'
import { getSimUsageSeries } from '@mason/contract/usage'
import { useQuery } from '@tanstack/react-query'
import { ChartColumn } from 'lucide-react'
import { read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { bytes } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { Day } from '../ui/time.tsx'
import { DailyUsage } from '../usage/daily-usage.tsx'
import { daysOf, thisMonth } from '../usage/month.ts'
import { ByteBars } from './byte-bars.tsx'
import classes from './device.module.css'

/** What a device says it has used, in all and by app. */
export default function DataTab({ device }: { device: Device }) {
  const can = useCan()
  const { usageCycles = [], appsDataUsage = [] } = device.connection?.dataUsage ?? {}
  const cycle = usageCycles.at(-1)
  const sims = can('connect:read') ? (device.connection?.sim ?? []).flatMap(({ iccid }) => (iccid ? [iccid] : [])) : []
  if (!cycle && sims.length === 0)
    return (
      <Panel>
        <Empty icon={<ChartColumn size={22} />} title="No data usage reported">
          A device reports it in a full check-in. Send “Refresh” to request one.
        </Empty>
      </Panel>
    )
  const apps = appsDataUsage
    .map(({ packageNames, uid, usageCycles: cycles }) => ({
      name: packageNames.join(', ') || `uid ${uid}`,
      ...totals(cycles.at(-1)?.usages ?? []),
    }))
    .sort((a, b) => b.received + b.sent - (a.received + a.sent))
  return (
    <div className={classes.stack}>
      {sims.map((iccid) => (
        <SimMonth key={iccid} iccid={iccid} />
      ))}
      {cycle && <Cycle cycle={cycle} />}
      {apps.length > 0 && (
        <Panel title="By app">
          <ByteBars rows={apps} />
        </Panel>
      )}
    </div>
  )
}

type UsageCycle = NonNullable<NonNullable<Connection['dataUsage']>['usageCycles']>[number]

/** What the device says it has used since a cycle began. */
function Cycle({ cycle: { startTime, endTime, usages } }: { cycle: UsageCycle }) {
  const all = totals(usages)
  return (
    <Panel
      title="Reported by the device"
      note={
        <>
          <Day time={startTime} /> to <Day time={endTime} />: {bytes(all.received)} down, {bytes(all.sent)} up
        </>
      }
    >
      <ByteBars
        rows={usages.map(({ type, bytesReceived, bytesSent }) => ({
          name: type === 'wifi' ? 'Wi-Fi' : 'Mobile',
          received: bytesReceived,
          sent: bytesSent,
        }))}
      />
    </Panel>
  )
}

/** What the carrier counted of a SIM that is in the device; nothing for a SIM that is not registered. */
function SimMonth({ iccid }: { iccid: string }) {
  const sim = useQuery(read(getSim, { iccid }))
  if (!sim.data) return undefined
  return <DailyUsage month={thisMonth()} series={(month) => read(getSimUsageSeries, { iccid, ...daysOf(month) })} />
}

interface Usage {
  bytesReceived: number
  bytesSent: number
}

const totals = (usages: readonly Usage[]) => ({
  received: usages.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0),
  sent: usages.reduce((sum, { bytesSent }) => sum + bytesSent, 0),
})
