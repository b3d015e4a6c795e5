import { Button, NumberInput, Radio, Stack } from '@mantine/core'
import type { DataLimit, Sim, SimChange } from '@mason/contract/sim'
import { useState } from 'react'
import { type Send, useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

const megabyte = 1_000_000

interface LimitDialogProps {
  sim: Sim
  onChange: (send: Send, change: SimChange) => Promise<void>
  onClose: () => void
}

/** Sets how much a SIM may use in a month, and what happens then. */
export function LimitDialog({ sim: { dataLimit }, onChange, onClose }: LimitDialogProps) {
  const [megabytes, setMegabytes] = useState<number | string>(dataLimit ? dataLimit.bytes / megabyte : '')
  const [action, setAction] = useState<DataLimit['action']>(dataLimit?.action ?? 'alert')
  const form = useSubmission({
    work: (send, limit: DataLimit | null) => onChange(send, { dataLimit: limit }),
    onDone: onClose,
  })
  return (
    <FormDialog
      title="Monthly limit"
      form={form}
      action="Set limit"
      isReady={Number(megabytes) > 0}
      aside={
        dataLimit && (
          <Button variant="subtle" color="red" onClick={() => form.submit(null)}>
            Remove limit
          </Button>
        )
      }
      onSubmit={() => form.submit({ bytes: Math.round(Number(megabytes) * megabyte), action })}
      onClose={onClose}
    >
      <NumberInput
        label="Megabytes"
        description="1 MB is 1,000,000 bytes. Upload and download count together."
        data-autofocus
        min={0}
        value={megabytes}
        error={form.faults.at('dataLimit/bytes')}
        onChange={setMegabytes}
      />
      <Radio.Group
        label="When reached"
        value={action}
        error={form.faults.at('dataLimit/action')}
        onChange={(value) => setAction(value as DataLimit['action'])}
      >
        <Stack gap={8} mt={8}>
          <Radio value="alert" label="Alert me" />
          <Radio value="suspend" label="Alert me and suspend the SIM" />
        </Stack>
      </Radio.Group>
    </FormDialog>
  )
}
