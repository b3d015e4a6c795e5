import { Link } from '@tanstack/react-router'
import { useCan } from '../session/session.ts'
import { Page } from '../ui/page.tsx'
import { CommandsInFlight } from './commands-in-flight.tsx'
import { FleetMakeUp } from './fleet-make-up.tsx'
import { FleetPresence } from './fleet-presence.tsx'
import classes from './overview.module.css'
import { RecentActivity } from './recent-activity.tsx'

/** How the fleet stands at this moment; what whoever is signed in may not read is left out. */
export function OverviewPage() {
  const can = useCan()
  return (
    <Page title="Overview">
      {can('fleet:read') ? (
        <div className={classes.grid}>
          <FleetPresence />
          <CommandsInFlight />
          <FleetMakeUp />
          <RecentActivity />
        </div>
      ) : (
        <p>
          Your account shows other pages: choose one at the side, or look at <Link to="/profile">your profile</Link>.
        </p>
      )}
    </Page>
  )
}
