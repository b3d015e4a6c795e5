import { replayWebhookDelivery, type WebhookDelivery } from '@mason/contract/webhook'
import { RotateCw, Send } from 'lucide-react'
import { useCan } from '../session/session.ts'
import { IconAction } from '../ui/action-button.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { counted } from '../ui/numbers.ts'
import { Status, type Tone } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import classes from './webhooks.module.css'

const tones: Record<WebhookDelivery['state'], Tone> = { waiting: 'accent', succeeded: 'good', failed: 'bad' }

/** Deliveries with their attempts; each can be made once more. */
export function DeliveryList({ deliveries }: { deliveries: readonly WebhookDelivery[] }) {
  const isAdmin = useCan()('hook:admin')
  return (
    <List>
      {deliveries.map((delivery) => (
        <ListRow
          key={delivery.id}
          icon={<Send size={16} />}
          title={delivery.event.type}
          note={<Attempts delivery={delivery} />}
          end={
            <>
              <Status tone={tones[delivery.state]}>{delivery.state}</Status>
              {isAdmin && (
                <IconAction
                  variant="subtle"
                  color="gray"
                  aria-label="Deliver again"
                  work={(send) => send(replayWebhookDelivery, { id: delivery.id })}
                  failure="Not delivered again"
                  renews={['listWebhookDeliveries']}
                >
                  <RotateCw size={16} />
                </IconAction>
              )}
            </>
          }
        />
      ))}
    </List>
  )
}

function Attempts({ delivery: { attempts, createdAt, nextAttemptAt } }: { delivery: WebhookDelivery }) {
  return (
    <>
      <RelativeTime time={createdAt} />
      {nextAttemptAt !== undefined && attempts.length > 0 && (
        <>, next attempt {Date.parse(nextAttemptAt) > Date.now() ? <RelativeTime time={nextAttemptAt} /> : 'now'}</>
      )}
      {attempts.length > 0 && (
        <details className={classes.attempts}>
          <summary>{counted(attempts.length, 'attempt')}</summary>
          <ol>
            {attempts.map(({ at, status, error, latencyMs, answer }) => (
              <li key={at}>
                <RelativeTime time={at} />, {status ?? 'no response'} after {latencyMs} ms
                {error !== undefined && `: ${error}`}
                {answer !== '' && <pre className={classes.answer}>{answer}</pre>}
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  )
}
