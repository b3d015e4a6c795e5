import { TextInput } from '@mantine/core'
import { createWebhook, updateWebhook, type Webhook } from '@mason/contract/webhook'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { TypePicker } from './type-picker.tsx'

interface WebhookDialogProps {
  /** The one that is changed; without it one is made. */
  webhook?: Webhook
  onCreated?: (webhook: Webhook) => void
  onClose: () => void
}

/** Creates a webhook, or changes one. */
export function WebhookDialog({ webhook, onCreated, onClose }: WebhookDialogProps) {
  const queryClient = useQueryClient()
  const [url, setUrl] = useState(webhook?.url ?? '')
  const [types, setTypes] = useState(webhook?.types ?? [])
  const [filter, setFilter] = useState(webhook?.filter ?? '')
  const [description, setDescription] = useState(webhook?.description ?? '')
  const fields = { url: url.trim(), types, description: description.trim() }
  const form = useSubmission({
    work: (send) =>
      webhook
        ? send(updateWebhook, { id: webhook.id, body: { ...fields, filter: filter.trim() || null } })
        : send(createWebhook, { body: { ...fields, ...(filter.trim() !== '' && { filter: filter.trim() }) } }),
    onDone: (answer) => {
      for (const key of ['listWebhooks', 'getWebhook']) void queryClient.invalidateQueries({ queryKey: [key] })
      if (onCreated) onCreated(one(answer))
      else onClose()
    },
  })
  return (
    <FormDialog
      title={webhook ? 'Edit webhook' : 'New webhook'}
      form={form}
      action={webhook ? 'Save' : 'Create webhook'}
      isReady={fields.url !== '' && types.length > 0}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="URL"
        placeholder="https://hooks.example.com/mason"
        data-autofocus
        maxLength={2000}
        value={url}
        error={form.faults.at('url')}
        onChange={(event) => setUrl(event.currentTarget.value)}
      />
      <TypePicker value={types} onChange={setTypes} error={form.faults.at('types')} />
      <TextInput
        label="Filter"
        placeholder="group==tills and label.store==12"
        maxLength={4000}
        value={filter}
        error={form.faults.at('filter')}
        onChange={(event) => setFilter(event.currentTarget.value)}
      />
      <TextInput
        label="Purpose"
        placeholder="Tickets of the help desk"
        maxLength={300}
        value={description}
        error={form.faults.at('description')}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
