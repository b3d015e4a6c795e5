import { TextInput } from '@mantine/core'
import type { Sim, SimChange } from '@mason/contract/sim'
import { useState } from 'react'
import { type Send, useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

interface SimDialogProps {
  sim: Sim
  onChange: (send: Send, change: SimChange) => Promise<void>
  onClose: () => void
}

/** Changes the name of a SIM, and the only device that it may be in. */
export function SimDialog({ sim, onChange, onClose }: SimDialogProps) {
  const [name, setName] = useState(sim.name ?? '')
  const [imeiLock, setImeiLock] = useState(sim.imeiLock ?? '')
  const form = useSubmission({
    work: (send) => onChange(send, { name: name.trim() || null, imeiLock: imeiLock.trim() || null }),
    onDone: onClose,
  })
  return (
    <FormDialog title="Name and IMEI lock" form={form} action="Save" onSubmit={form.submit} onClose={onClose}>
      <TextInput
        label="Name"
        data-autofocus
        maxLength={200}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Lock to IMEI"
        description="An event says when this SIM appears in another device. Its carrier keeps it out of others, where it can. Leave empty to allow any device."
        inputMode="numeric"
        maxLength={40}
        value={imeiLock}
        error={form.faults.at('imeiLock')}
        onChange={(event) => setImeiLock(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
