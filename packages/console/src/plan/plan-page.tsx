import { getSubscription, listSubscriptionHistory, type Subscription } from '@mason/contract/subscription'
import { useQuery } from '@tanstack/react-query'
import { read } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { ForecastPanel } from './forecast-panel.tsx'
import { HistoryPanel } from './history-panel.tsx'
import { SubscriptionForm } from './subscription-form.tsx'

/** What the data of a month is measured against, how far it will reach, and when to be told. */
export function PlanPage() {
  const subscription = useQuery(read(getSubscription, {}))
  const last = useQuery(read(listSubscriptionHistory, { limit: 1, before: endOfIds }))
  return (
    <Page title="Plan" about="How much data your SIMs may use in a month, and when to alert you.">
      <ForecastPanel />
      <Panel title="Subscription">
        <QueryView query={subscription}>
          {(current) => last.data && <Subscribed current={current} isFixed={last.data.data[0]?.value !== undefined} />}
        </QueryView>
      </Panel>
      <HistoryPanel />
    </Page>
  )
}

/** The form begins anew when somebody has changed the subscription, not when a pool has grown with the fleet. */
function Subscribed({ current, isFixed }: { current: Subscription; isFixed: boolean }) {
  const { type, thresholds, typeSpecific } = current
  const { value, ...rest } = typeSpecific
  const chosen = JSON.stringify([type, thresholds, rest, isFixed && value])
  return <SubscriptionForm key={chosen} current={current} isFixed={isFixed} />
}
