import { Button, Menu } from '@mantine/core'
import { deleteWebhook, rotateWebhook, testWebhook, updateWebhook, type Webhook } from '@mason/contract/webhook'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { History, KeyRound, Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { one } from '../api/client.ts'
import type { Send } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { MoreActions } from '../ui/more-actions.tsx'
import { NewSecret } from './new-secret.tsx'
import { ReplayDialog } from './replay-dialog.tsx'
import { WebhookDialog } from './webhook-dialog.tsx'

/** What can be done with a webhook. */
export function WebhookActions({ webhook }: { webhook: Webhook }) {
  const { id, enabled } = webhook
  const isAdmin = useCan()('hook:admin')
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const [open, setOpen] = useState<'edit' | 'replay' | 'rotate' | 'delete'>()
  const close = () => setOpen(undefined)
  const remove = async (send: Send) => {
    await send(deleteWebhook, { id })
    void queryClient.invalidateQueries({ queryKey: ['listWebhooks'] })
    await navigate({ to: '/webhooks' })
  }
  const [secret, setSecret] = useState<string>()
  const rotate = async (send: Send) => setSecret(one(await send(rotateWebhook, { id })).secret ?? '')
  if (!isAdmin) return null
  return (
    <>
      {enabled && (
        <ActionButton
          work={(send) => send(testWebhook, { id })}
          failure="Test not sent"
          renews={['listWebhookDeliveries']}
        >
          Send test
        </ActionButton>
      )}
      <ActionButton
        variant="default"
        work={(send) => send(updateWebhook, { id, enabled: !enabled })}
        failure="Webhook not changed"
        renews={['getWebhook', 'listWebhooks']}
      >
        {enabled ? 'Disable' : 'Enable'}
      </ActionButton>
      {enabled && (
        <Button variant="default" leftSection={<History size={15} />} onClick={() => setOpen('replay')}>
          Replay
        </Button>
      )}
      <MoreActions width={190}>
        <Menu.Item leftSection={<Pencil size={15} />} onClick={() => setOpen('edit')}>
          Edit
        </Menu.Item>
        <Menu.Item leftSection={<KeyRound size={15} />} onClick={() => setOpen('rotate')}>
          New secret
        </Menu.Item>
        <Menu.Item leftSection={<Trash2 size={15} />} c="var(--bad)" onClick={() => setOpen('delete')}>
          Delete
        </Menu.Item>
      </MoreActions>
      {open === 'edit' && <WebhookDialog webhook={webhook} onClose={close} />}
      {open === 'replay' && <ReplayDialog id={id} onClose={close} />}
      {open === 'rotate' && (
        <Confirm
          title="Create a new signing secret?"
          action="Create secret"
          isDangerous={false}
          onConfirm={rotate}
          onClose={close}
        >
          For 24 hours, requests are signed with both the new secret and the old one.
        </Confirm>
      )}
      {secret !== undefined && <NewSecret secret={secret} onClose={() => setSecret(undefined)} />}
      {open === 'delete' && (
        <Confirm title="Delete this webhook?" action="Delete webhook" onConfirm={remove} onClose={close}>
          Deliveries stop, and their log is deleted. This cannot be undone.
        </Confirm>
      )}
    </>
  )
}
