import { Radio, Select, Stack } from '@mantine/core'
import { hourMs } from '@mason/contract/time'
import { replayWebhook } from '@mason/contract/webhook'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { notify } from '../ui/notify.tsx'

const spans = [
  { value: '1', label: 'Last hour' },
  { value: '24', label: 'Last 24 hours' },
  { value: '168', label: 'Last 7 days' },
  { value: '720', label: 'Last 30 days' },
]

/** Has the events of a time delivered once more. */
export function ReplayDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [now] = useState(() => Date.now())
  const [hours, setHours] = useState('24')
  const [which, setWhich] = useState('failed')
  const form = useSubmission({
    work: (send) =>
      send(replayWebhook, {
        id,
        since: new Date(now - Number(hours) * hourMs).toISOString(),
        failed: which === 'failed',
      }),
    onDone: () => {
      void queryClient.invalidateQueries({ queryKey: ['listWebhookDeliveries'] })
      void notify({ message: 'The events are on their way. The list of deliveries shows how each one goes.' })
      onClose()
    },
  })
  return (
    <FormDialog title="Replay events" form={form} action="Replay" onSubmit={form.submit} onClose={onClose}>
      <Select
        label="Period"
        data={spans}
        allowDeselect={false}
        value={hours}
        error={form.faults.at('since')}
        onChange={(value) => setHours(value ?? '24')}
      />
      <Radio.Group label="Events" value={which} onChange={setWhich} error={form.faults.at('failed')}>
        <Stack gap={6} mt={4}>
          <Radio value="failed" label="Only those that were not delivered" />
          <Radio
            value="all"
            label="All, including those that were delivered, and those from before the webhook was made"
          />
        </Stack>
      </Radio.Group>
    </FormDialog>
  )
}
