import { Button } from '@mantine/core'
import type { DataLimit, Sim, SimChange } from '@mason/contract/sim'
import { useState } from 'react'
import { type Send, useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { LimitFields, limitOf, valuesOf } from './limit-fields.tsx'

interface LimitDialogProps {
  sim: Sim
  onChange: (send: Send, change: SimChange) => Promise<void>
  onClose: () => void
}

/** Sets how much a SIM may use in a month, and what happens then. */
export function LimitDialog({ sim: { dataLimit }, onChange, onClose }: LimitDialogProps) {
  const [values, setValues] = useState(valuesOf(dataLimit))
  const limit = limitOf(values)
  const form = useSubmission({
    work: (send, wanted: DataLimit | null) => onChange(send, { dataLimit: wanted }),
    onDone: onClose,
  })
  return (
    <FormDialog
      title="Monthly limit"
      form={form}
      action="Set limit"
      isReady={limit !== undefined}
      aside={
        dataLimit && (
          <Button variant="subtle" color="red" onClick={() => form.submit(null)}>
            Remove limit
          </Button>
        )
      }
      onSubmit={() => form.submit(limit ?? null)}
      onClose={onClose}
    >
      <LimitFields values={values} faults={form.faults} prefix="dataLimit" onChange={setValues} />
    </FormDialog>
  )
}
