import { compareSimUsage, type UsageComparison } from '@mason/contract/usage'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { bytes } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { dayOf } from '../ui/time.tsx'
import { daysOf, type Month } from '../usage/month.ts'
import usage from '../usage/usage.module.css'

/** What the carrier counted beside what the device did, on the days of which the device says something. */
export function ComparisonPanel({ iccid, month }: { iccid: string; month: Month }) {
  const comparison = useQuery(read(compareSimUsage, { iccid, ...daysOf(month) }))
  if (comparison.data?.data.every(({ device }) => device === undefined)) return undefined
  return (
    <Panel title="Carrier and device" note="What each of them counted, on the days that the device reported." isFlush>
      <QueryView query={comparison}>
        {({ data }) => (
          <table className={usage.table}>
            <thead>
              <tr>
                <th scope="col">Day</th>
                <th scope="col">Carrier</th>
                <th scope="col">Device</th>
                <th scope="col">Difference</th>
              </tr>
            </thead>
            <tbody>
              {data
                .filter(({ device }) => device !== undefined)
                .map(({ date, carrier, sources, device }) => (
                  <tr key={date}>
                    <td>{dayOf(date)}</td>
                    <td>
                      {carrier ? bytes(carrier.total) : '–'}
                      <Sources sources={sources} />
                    </td>
                    <td>{device ? bytes(device.total) : '–'}</td>
                    <td>{carrier && device ? bytes(Math.abs(carrier.total - device.total)) : '–'}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        )}
      </QueryView>
    </Panel>
  )
}

/** Of what the carrier's figure is the sum, where a source has a name. */
function Sources({ sources = [] }: Pick<UsageComparison, 'sources'>) {
  if (sources.every(({ source }) => source === undefined)) return undefined
  return sources.map(({ source = 'Records', total }) => (
    <div key={source} className={usage.label}>
      {source} {bytes(total)}
    </div>
  ))
}
