import { Checkbox, Group, NumberInput, Select, TextInput } from '@mantine/core'
import { createEnrollment, type Enrollment } from '@mason/contract/enrollment'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { useExpiry } from '../ui/expiry.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

const lifetimes = [
  { value: '1', label: 'After 1 day' },
  { value: '7', label: 'After 7 days' },
  { value: '30', label: 'After 30 days' },
  { value: '', label: 'Never' },
]

interface NewTokenDialogProps {
  onCreated: (enrollment: Enrollment) => void
  onClose: () => void
}

/** Creates an enrollment token. */
export function NewTokenDialog({ onCreated, onClose }: NewTokenDialogProps) {
  const queryClient = useQueryClient()
  const [note, setNote] = useState('')
  const [group, setGroup] = useState<string | null>('unassigned')
  const [days, setDays] = useState('7')
  const [maxUses, setMaxUses] = useState<number | string>('')
  const [allowTakeover, setAllowTakeover] = useState(false)
  const expiresAt = useExpiry(days)
  const form = useSubmission({
    work: (send) =>
      send(createEnrollment, {
        ...(note.trim() && { note: note.trim() }),
        ...(group && { group }),
        ...(expiresAt && { expiresAt }),
        ...(typeof maxUses === 'number' && { maxUses }),
        ...(allowTakeover && { allowTakeover }),
      }),
    onDone: (answer) => {
      void queryClient.invalidateQueries({ queryKey: ['listEnrollments'] })
      onCreated(one(answer))
    },
  })
  return (
    <FormDialog title="New enrollment token" form={form} action="Create token" onSubmit={form.submit} onClose={onClose}>
      <TextInput
        label="Note"
        placeholder="Tills of the new shop"
        data-autofocus
        maxLength={300}
        value={note}
        error={form.faults.at('note')}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
      <GroupSelect label="Group" value={group} onChange={setGroup} error={form.faults.at('group')} />
      <Group grow align="flex-start">
        <Select
          label="Expires"
          data={lifetimes}
          value={days}
          error={form.faults.at('expiresAt')}
          onChange={(value) => setDays(value ?? '')}
        />
        <NumberInput
          label="Device limit"
          placeholder="No limit"
          min={1}
          max={1_000_000_000}
          allowDecimal={false}
          value={maxUses}
          error={form.faults.at('maxUses')}
          onChange={setMaxUses}
        />
      </Group>
      <Checkbox
        label="Allow devices with another IMEI to take over a known serial number"
        checked={allowTakeover}
        error={form.faults.at('allowTakeover')}
        onChange={(event) => setAllowTakeover(event.currentTarget.checked)}
      />
    </FormDialog>
  )
}
