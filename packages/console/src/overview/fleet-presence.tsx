import { Button } from '@mantine/core'
import { getSummary } from '@mason/contract/device'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { TabletSmartphone } from 'lucide-react'
import { one, read } from '../api/client.ts'
import { useCan } from '../session/session.ts'
import { count, percent } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty } from '../ui/states.tsx'
import classes from './overview.module.css'

/** How many devices there are, and how many of them are online. */
export function FleetPresence() {
  const can = useCan()
  const summary = useQuery(read(getSummary, {}))
  return (
    <Panel title="Fleet" className={classes.fleet}>
      <QueryView query={summary}>
        {(answer) => {
          const { devices, online, outOfDate } = one(answer)
          if (devices === 0)
            return (
              <Empty
                icon={<TabletSmartphone size={22} />}
                title="No devices yet"
                action={
                  can('fleet:admin') && (
                    <Button component={Link} to="/enrollment" size="xs" mt={6}>
                      Enroll first device
                    </Button>
                  )
                }
              >
                Create an enrollment token, show its QR code to a device, and watch it enroll.
              </Empty>
            )
          const offline = devices - online
          return (
            <>
              <div className={classes.big}>
                <span className={classes.bigNumber}>{count(online)}</span>
                <span className={classes.bigNote}>
                  of {count(devices)} online, {percent(online, devices)}
                </span>
              </div>
              <div className={classes.presence} aria-hidden="true">
                <span style={{ flexGrow: online, background: 'var(--good)' }} />
                {offline > 0 && <span style={{ flexGrow: offline, background: 'var(--line-strong)' }} />}
              </div>
              <div className={classes.legend}>
                <Link to="/devices" search={{ online: 'true' }} className={classes.legendItem}>
                  <span className={classes.legendValue}>{count(online)}</span>
                  <span className={classes.legendLabel}>Online</span>
                </Link>
                <Link to="/devices" search={{ online: 'false' }} className={classes.legendItem}>
                  <span className={classes.legendValue}>{count(offline)}</span>
                  <span className={classes.legendLabel}>Offline</span>
                </Link>
                <Link to="/devices" search={{ outOfDate: 'true' }} className={classes.legendItem}>
                  <span className={classes.legendValue}>{count(outOfDate)}</span>
                  <span className={classes.legendLabel}>Out of date</span>
                </Link>
              </div>
            </>
          )
        }}
      </QueryView>
    </Panel>
  )
}
