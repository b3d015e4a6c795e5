import { lazy, Suspense } from 'react'
import { part } from '../api/part.ts'
import { useCan } from '../session/session.ts'
import { Page } from '../ui/page.tsx'
import { CommandsInFlight } from './commands-in-flight.tsx'
import { FleetMakeUp } from './fleet-make-up.tsx'
import { FleetPresence } from './fleet-presence.tsx'
import { MissedCheckIns } from './missed-check-ins.tsx'
import classes from './overview.module.css'
import { Pool } from './pool.tsx'
import { RecentActivity } from './recent-activity.tsx'
import { RollOuts } from './roll-outs.tsx'

const FirstSteps = lazy(part(() => import('./first-steps.tsx')))

/** How the account stands at this moment; what whoever is signed in may not read is left out. */
export function OverviewPage() {
  const can = useCan()
  const isFleetShown = can('fleet:read')
  return (
    <Page title="Overview">
      <Suspense>{can('account:owner') && <FirstSteps />}</Suspense>
      <div className={classes.grid}>
        {isFleetShown && (
          <>
            <FleetPresence />
            <CommandsInFlight />
          </>
        )}
        <div className={classes.pair}>
          {can('connect:read', 'account') && <Pool />}
          {can('fleet:deploy') && <RollOuts />}
        </div>
        {isFleetShown && (
          <>
            <FleetMakeUp />
            <MissedCheckIns />
            <RecentActivity />
          </>
        )}
      </div>
    </Page>
  )
}
