import { forecastSubscription } from '@mason/contract/subscription'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { one, read } from '../api/client.ts'
import { bytes, percent } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Status } from '../ui/status.tsx'
import { dayOf } from '../ui/time.tsx'
import classes from './overview.module.css'

/** How much of the month's data is used, and whether it will reach. */
export function Pool() {
  const forecast = useQuery(read(forecastSubscription, {}))
  return (
    <Panel title="Data this month" actions={<Link to="/plan">Forecast</Link>} className={classes.half}>
      <QueryView query={forecast}>
        {(answer) => {
          const { used, allowance, projected, overage, runsDryOn } = one(answer)
          const scale = Math.max(allowance, projected.expected, used, 1)
          return (
            <>
              <div className={classes.big}>
                <span className={classes.mediumNumber}>{bytes(used)}</span>
                {allowance > 0 && (
                  <span className={classes.bigNote}>
                    of {bytes(allowance)}, {percent(used, allowance)}
                  </span>
                )}
              </div>
              <div className={classes.pool} aria-hidden="true">
                <span
                  style={{
                    width: `${(100 * Math.max(projected.expected, used)) / scale}%`,
                    background: 'var(--expected)',
                  }}
                />
                <span
                  style={{
                    width: `${(100 * used) / scale}%`,
                    background: used > allowance ? 'var(--bad)' : 'var(--mantine-color-petrol-5)',
                  }}
                />
                {allowance > 0 && allowance < scale && <i style={{ left: `${(100 * allowance) / scale}%` }} />}
              </div>
              <p className={classes.line}>
                Expected by the end of the month: {bytes(projected.expected)}.{' '}
                {runsDryOn && (
                  <Status tone={overage > 0 ? 'bad' : 'warn'} isPlain>
                    Used up on {dayOf(runsDryOn)}
                  </Status>
                )}
              </p>
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}
