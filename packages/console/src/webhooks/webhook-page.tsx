import { deliveryStates, getWebhook, listWebhookDeliveries, type WebhookDelivery } from '@mason/contract/webhook'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft, Send } from 'lucide-react'
import { one, read } from '../api/client.ts'
import { isGone } from '../api/faults.ts'
import { endOfEvents } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { Endless } from '../ui/endless.tsx'
import { Facts } from '../ui/facts.tsx'
import { ChoiceFilter, FilterBar } from '../ui/filter-bar.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { Empty, Failure } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { DeliveryList } from './delivery-list.tsx'
import { WebhookActions } from './webhook-actions.tsx'
import { WebhookStatus } from './webhook-status.tsx'
import classes from './webhooks.module.css'

const route = getRouteApi('/inside/webhooks/$id')

/** One webhook: what it is told, how that goes, and every delivery with its attempts. */
export function WebhookPage() {
  const { id } = route.useParams()
  const webhook = useQuery(read(getWebhook, { id }))
  const known = isGone(webhook.error) ? undefined : webhook.data && one(webhook.data)
  return (
    <Page
      title={known?.description ?? 'Webhook'}
      back={
        <Link to="/webhooks">
          <ChevronLeft size={14} /> Webhooks
        </Link>
      }
      actions={known && <WebhookActions webhook={known} />}
    >
      {webhook.isError && !known ? (
        <Panel>
          <Failure error={webhook.error} onRetry={() => void webhook.refetch()} />
        </Panel>
      ) : (
        <div className={classes.stack}>
          <Panel>
            <QueryView query={webhook}>
              {(answer) => {
                const shown = one(answer)
                return (
                  <Facts
                    facts={[
                      ['State', <WebhookStatus key="state" webhook={shown} />],
                      ['Reason', shown.disabledReason],
                      ['Began to fail', shown.failingSince && <RelativeTime time={shown.failingSince} />],
                      ['URL', <code key="url">{shown.url}</code>],
                      ['Events', shown.types.join(', ')],
                      ['Filter', shown.filter && <code key="filter">{shown.filter}</code>],
                      [
                        'Old secret expires',
                        shown.previousSecretUntil && <RelativeTime time={shown.previousSecretUntil} />,
                      ],
                      ['Created', <RelativeTime key="created" time={shown.createdAt} />],
                    ]}
                  />
                )
              }}
            </QueryView>
          </Panel>
          <Deliveries id={id} />
        </div>
      )}
    </Page>
  )
}

function Deliveries({ id }: { id: string }) {
  const { state } = route.useSearch()
  const navigate = useNavigate()
  const filters = state === undefined ? {} : { state: state as WebhookDelivery['state'] }
  const list = useNewestFirst(listWebhookDeliveries, { id, ...filters }, endOfEvents)
  return (
    <>
      <FilterBar>
        <ChoiceFilter
          label="State"
          any="Any state"
          choices={deliveryStates}
          value={state}
          onChange={(value) =>
            void navigate({
              to: '/webhooks/$id',
              params: { id },
              search: value === '' ? {} : { state: value },
              replace: true,
            })
          }
        />
      </FilterBar>
      <Panel title="Deliveries" isFlush>
        <Endless
          list={list}
          empty={
            <Empty icon={<Send size={22} />} title={state ? 'No matching deliveries' : 'No deliveries yet'}>
              Every event sent to this webhook appears here, with each attempt and your server’s response.
            </Empty>
          }
        >
          {(deliveries) => <DeliveryList deliveries={deliveries} />}
        </Endless>
      </Panel>
    </>
  )
}
