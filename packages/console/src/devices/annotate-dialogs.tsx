import { Textarea } from '@mantine/core'
import type { Target } from '@mason/contract/target'
import { useState } from 'react'
import { BulkDialog, ofDevices } from '../jobs/bulk-dialog.tsx'
import { type PairChange, PairFields } from '../jobs/pair-fields.tsx'

interface AnnotateDialogProps {
  target: Target
  targetName: string
  onStarted: () => void
  onClose: () => void
}

/** Sets a label of many devices, or removes it. */
export function LabelsDialog({ target, targetName, onStarted, onClose }: AnnotateDialogProps) {
  const [labels, setLabels] = useState<PairChange>()
  return (
    <BulkDialog
      title={`Label ${targetName}`}
      bulk={ofDevices(target)}
      verb="Label"
      change={labels && { labels }}
      onStarted={onStarted}
      onClose={onClose}
    >
      {(faults) => (
        <PairFields
          noun="label"
          examples={{ key: 'store', value: '12' }}
          error={faults.at('change/labels')}
          onChange={setLabels}
        />
      )}
    </BulkDialog>
  )
}

/** Writes the same notes on many devices; without any it removes them. */
export function ManyNotesDialog({ target, targetName, onStarted, onClose }: AnnotateDialogProps) {
  const [notes, setNotes] = useState('')
  return (
    <BulkDialog
      title={`Notes of ${targetName}`}
      bulk={ofDevices(target)}
      verb="Write on"
      change={{ notes: notes.trim() }}
      onStarted={onStarted}
      onClose={onClose}
    >
      {(faults) => (
        <Textarea
          label="Notes"
          description="They replace the current notes. Leave this empty to remove them."
          data-autofocus
          autosize
          minRows={4}
          maxRows={12}
          maxLength={2000}
          value={notes}
          error={faults.at('change/notes')}
          onChange={(event) => setNotes(event.currentTarget.value)}
        />
      )}
    </BulkDialog>
  )
}
