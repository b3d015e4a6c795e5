import { forecastSubscription } from '@mason/contract/subscription'
import { getUsageSeries } from '@mason/contract/usage'
import { useQuery } from '@tanstack/react-query'
import { one, read } from '../api/client.ts'
import { bytes, percent } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Status } from '../ui/status.tsx'
import { dayOf, RelativeTime } from '../ui/time.tsx'
import { Figure } from '../usage/daily-usage.tsx'
import { daysOf, nameOf, thisMonth } from '../usage/month.ts'
import classes from '../usage/usage.module.css'
import { ForecastChart } from './forecast-chart.tsx'

/** The month so far and how it will probably end. */
export function ForecastPanel() {
  const forecast = useQuery(read(forecastSubscription, {}))
  const month = thisMonth()
  const series = useQuery(read(getUsageSeries, daysOf(month)))
  return (
    <Panel
      title={`Forecast for ${nameOf(month)}`}
      note={
        forecast.data && (
          <>
            Updated <RelativeTime time={one(forecast.data).asOf} />
          </>
        )
      }
    >
      <QueryView query={forecast}>
        {(answer) => {
          const { used, allowance, projected, overage, runsDryOn } = one(answer)
          return (
            <>
              <div className={classes.figures}>
                <Figure
                  label={allowance > 0 ? `used, ${percent(used, allowance)} of ${bytes(allowance)}` : 'used'}
                  value={bytes(used)}
                />
                <Figure
                  label={`expected, ${bytes(projected.low)} to ${bytes(projected.high)} likely`}
                  value={bytes(projected.expected)}
                />
                <Figure label="expected overage" value={bytes(overage)} />
              </div>
              {runsDryOn && (
                <Status tone={overage > 0 ? 'bad' : 'warn'}>Allowance used up on {dayOf(runsDryOn)}</Status>
              )}
              {series.data && Math.max(used, allowance, projected.high) > 0 && (
                <ForecastChart days={series.data.data} forecast={one(answer)} />
              )}
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}
