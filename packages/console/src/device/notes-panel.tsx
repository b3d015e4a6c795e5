import { Button, Textarea } from '@mantine/core'
import { type Device, getDevice, updateDevice } from '@mason/contract/device'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { read } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { Panel } from '../ui/panel.tsx'
import classes from './device.module.css'

/** What people have noted of a device. */
export function NotesPanel({ device }: { device: Device }) {
  const can = useCan()
  const [isEditing, setIsEditing] = useState(false)
  const edit = can('fleet:manager') && (
    <Button size="xs" variant="default" aria-label="Edit notes" onClick={() => setIsEditing(true)}>
      Edit
    </Button>
  )
  return (
    <Panel title="Notes" actions={edit}>
      <p className={classes.notes} data-text>
        {device.notes ?? 'No notes'}
      </p>
      {isEditing && <NotesDialog device={device} onClose={() => setIsEditing(false)} />}
    </Panel>
  )
}

function NotesDialog({ device: { id, notes: before = '' }, onClose }: { device: Device; onClose: () => void }) {
  const [notes, setNotes] = useState(before)
  const queryClient = useQueryClient()
  const form = useSubmission({
    work: (send) => send(updateDevice, { id, notes: notes.trim() }),
    onDone: (answer) => {
      queryClient.setQueryData(read(getDevice, { id }).queryKey, answer)
      onClose()
    },
  })
  return (
    <FormDialog title="Notes" form={form} action="Save" onSubmit={form.submit} onClose={onClose}>
      <Textarea
        label="Notes"
        data-autofocus
        autosize
        minRows={4}
        maxRows={12}
        maxLength={2000}
        value={notes}
        error={form.faults.at('notes')}
        onChange={(event) => setNotes(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
