import { getSim, type Sim } from '@mason/contract/sim'
import { getSimUsageSeries } from '@mason/contract/usage'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { useEffect } from 'react'
import { one, read } from '../api/client.ts'
import { DeviceName } from '../device/device-name.tsx'
import { CopyIcon } from '../ui/copy.tsx'
import { Facts } from '../ui/facts.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { DailyUsage } from '../usage/daily-usage.tsx'
import { daysOf, isMonth, thisMonth } from '../usage/month.ts'
import { MonthPicker } from '../usage/month-picker.tsx'
import { ComparisonPanel } from './comparison-panel.tsx'
import { withKeeper } from './kept-by.ts'
import { MarkersPanel } from './markers-panel.tsx'
import { SimActions } from './sim-actions.tsx'
import classes from './sim-page.module.css'
import { SimStatus } from './sim-state.tsx'

const route = getRouteApi('/inside/sims/$iccid')

/** One SIM: what it is, where it is, what it has used, and what can be done with it. */
export function SimPage() {
  const { iccid } = route.useParams()
  const { month: asked } = route.useSearch()
  const navigate = useNavigate()
  const month = isMonth(asked) ? asked : thisMonth()
  const sim = useQuery(read(getSim, { iccid }))
  const known = sim.data && one(sim.data)
  const written = known?.iccid ?? iccid
  useEffect(() => {
    // An ICCID can be written in several ways; what changes a SIM renews what was read under one.
    if (written !== iccid)
      void navigate({ to: '/sims/$iccid', params: { iccid: written }, search: (search) => search, replace: true })
  }, [written, iccid, navigate])
  return (
    <Page
      title={known?.name ?? iccid}
      back={
        <Link to="/sims">
          <ChevronLeft size={14} /> SIMs
        </Link>
      }
      heading={
        known && (
          <span className={classes.heading}>
            {known.name ?? iccid} <SimStatus sim={known} />
          </span>
        )
      }
      actions={known && <SimActions sim={known} />}
    >
      <QueryView query={sim}>
        {(answer) => (
          <>
            <div className={classes.grid}>
              <FactsPanel sim={one(answer)} />
              <MarkersPanel sim={one(answer)} />
            </div>
            <div className={classes.month}>
              <MonthPicker
                month={month}
                onChange={(next) =>
                  void navigate({ to: '/sims/$iccid', params: { iccid }, search: { month: next }, replace: true })
                }
              />
            </div>
            <DailyUsage month={month} series={(of) => read(getSimUsageSeries, { iccid, ...daysOf(of) })} />
            <ComparisonPanel iccid={iccid} month={month} />
          </>
        )}
      </QueryView>
    </Page>
  )
}

function FactsPanel({ sim }: { sim: Sim }) {
  return (
    <Panel title="SIM">
      <Facts
        facts={[
          [
            'ICCID',
            <span key="iccid" className={classes.code}>
              {sim.iccid} <CopyIcon text={sim.iccid} label="ICCID" />
            </span>,
          ],
          ['Carrier', sim.carrier],
          ['Reason', sim.stateReason],
          ['State at the carrier', sim.carrierState],
          ['The carrier says', sim.carrierReason],
          ['Confirmed', sim.asOf && <RelativeTime time={sim.asOf} />],
          ['Device', sim.device && <DeviceName id={sim.device.id} />],
          ['Locked to IMEI', withKeeper(sim.imeiLock, sim.atCarrier?.imeiLock)],
          ['IMSI', sim.imsi],
          ['MSISDN', sim.msisdn && `+${sim.msisdn}`],
          ['EID', sim.eid],
          ['This month', bytes(sim.usage.total)],
          [
            'Monthly limit',
            withKeeper(
              sim.dataLimit &&
                `${bytes(sim.dataLimit.bytes)}, then ${sim.dataLimit.action === 'suspend' ? 'alert and suspend' : 'alert'}`,
              sim.atCarrier?.dataLimit,
              sim.dataLimit?.action === 'suspend',
            ),
          ],
          ['Activated', sim.activatedAt && <RelativeTime time={sim.activatedAt} />],
          ['Registered', <RelativeTime key="created" time={sim.createdAt} />],
        ]}
      />
    </Panel>
  )
}
