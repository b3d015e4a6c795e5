import { Text, Textarea } from '@mantine/core'
import { updateAlert } from '@mason/contract/alert'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

/** Resolves an alert by hand, with a note of why. */
export function ResolveDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const queryClient = useQueryClient()
  const [note, setNote] = useState('')
  const form = useSubmission({
    work: (send) =>
      send(updateAlert, { id, body: { state: 'resolved', ...(note.trim() !== '' && { note: note.trim() }) } }),
    onDone: () => {
      for (const key of ['listAlerts', 'countAlerts']) void queryClient.invalidateQueries({ queryKey: [key] })
      onClose()
    },
  })
  return (
    <FormDialog title="Resolve this alert?" form={form} action="Resolve" onSubmit={form.submit} onClose={onClose}>
      <Text size="sm">It opens again only after its condition has ended once.</Text>
      <Textarea
        label="Note"
        placeholder="The power was out."
        autosize
        minRows={2}
        data-autofocus
        maxLength={1000}
        value={note}
        error={form.faults.at('note')}
        onChange={(event) => setNote(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
