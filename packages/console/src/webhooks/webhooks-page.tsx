import { Button } from '@mantine/core'
import { type Webhook as Hook, listWebhooks } from '@mason/contract/webhook'
import { Link } from '@tanstack/react-router'
import { Plus, Webhook } from 'lucide-react'
import { useState } from 'react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { counted } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { NewSecret } from './new-secret.tsx'
import { WebhookDialog } from './webhook-dialog.tsx'
import { WebhookStatus } from './webhook-status.tsx'

/** Where events are delivered to. */
export function WebhooksPage() {
  const isAdmin = useCan()('hook:admin')
  const [isCreating, setIsCreating] = useState(false)
  const [fresh, setFresh] = useState<Hook>()
  const list = useNewestFirst(listWebhooks, {}, endOfIds)
  return (
    <Page
      title="Webhooks"
      about="Send events to your own servers as they happen. Every request is signed, and repeated until it is accepted."
      actions={
        isAdmin && (
          <Button leftSection={<Plus size={16} />} onClick={() => setIsCreating(true)}>
            New webhook
          </Button>
        )
      }
    >
      <ListPanel
        list={list}
        empty={
          <Empty icon={<Webhook size={22} />} title="No webhooks yet">
            Create one to be notified when a roll-out pauses or a device goes offline.
          </Empty>
        }
      >
        {(webhook) => (
          <ListRow
            key={webhook.id}
            icon={<Webhook size={16} />}
            title={
              <Link to="/webhooks/$id" params={{ id: webhook.id }}>
                {webhook.description ?? webhook.url}
              </Link>
            }
            note={
              <>
                {webhook.description !== undefined && `${hostOf(webhook.url)}, `}
                {typesOf(webhook.types)}
              </>
            }
            end={<WebhookStatus webhook={webhook} />}
          />
        )}
      </ListPanel>
      {isCreating && (
        <WebhookDialog
          onClose={() => setIsCreating(false)}
          onCreated={(webhook) => {
            setIsCreating(false)
            setFresh(webhook)
          }}
        />
      )}
      {fresh && <NewSecret secret={fresh.secret ?? ''} onClose={() => setFresh(undefined)} />}
    </Page>
  )
}

/** The address without its path, which may be long or secret. */
const hostOf = (url: string) => (URL.canParse(url) ? new URL(url).host : url)

const typesOf = (types: readonly string[]) =>
  types.length > 3 ? counted(types.length, 'event type') : types.join(', ')
