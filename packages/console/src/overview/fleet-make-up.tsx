import { getSummary } from '@mason/contract/device'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { one, read } from '../api/client.ts'
import { Breakdown } from '../ui/breakdown.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import classes from './overview.module.css'

/** The fleet by group, family and OS release. */
export function FleetMakeUp() {
  const summary = useQuery(read(getSummary, {}))
  const isEmpty = summary.data !== undefined && one(summary.data).devices === 0
  if (isEmpty) return undefined
  return (
    <>
      <Panel title="By group" className={classes.third}>
        <QueryView query={summary}>
          {(answer) => (
            <Breakdown
              parts={one(answer).groups}
              link={(name, className) => (
                <Link to="/groups/$name" params={{ name }} className={className}>
                  {name}
                </Link>
              )}
            />
          )}
        </QueryView>
      </Panel>
      <Panel title="By family" className={classes.third}>
        <QueryView query={summary}>
          {(answer) => (
            <Breakdown
              parts={one(answer).families}
              link={(name, className) => (
                <Link to="/devices" search={{ family: name }} className={className}>
                  {name}
                </Link>
              )}
            />
          )}
        </QueryView>
      </Panel>
      <Panel title="By OS release" className={classes.third}>
        <QueryView query={summary}>{(answer) => <Breakdown parts={one(answer).releases} />}</QueryView>
      </Panel>
    </>
  )
}
