import { Text } from '@mantine/core'
import { updateDevice } from '@mason/contract/device'
import type { Target } from '@mason/contract/target'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { GroupSelect } from '../groups/group-select.tsx'
import { BulkDialog, ofDevices } from '../jobs/bulk-dialog.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'

const effect =
  'Devices take on what is deployed to their new group. If that is another project, or the group is “unassigned”, they are reset.'

interface MoveDialogProps {
  targetName: string
  onMoved: () => void
  onClose: () => void
}

/** Moves one device to another group. */
export function MoveDialog({ id, targetName, onMoved, onClose }: MoveDialogProps & { id: string }) {
  const queryClient = useQueryClient()
  const [group, setGroup] = useState<string | null>(null)
  const form = useSubmission({
    work: (send) => send(updateDevice, { id, group: group ?? '' }),
    onDone: () => {
      for (const name of ['deviceRows', 'getSummary', 'getDevice'])
        void queryClient.invalidateQueries({ queryKey: [name] })
      onMoved()
    },
  })
  return (
    <FormDialog
      title={`Move ${targetName}`}
      form={form}
      action="Move"
      isReady={group !== null}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <Text size="sm">{effect}</Text>
      <GroupSelect
        label="Move to group"
        value={group}
        error={form.faults.at('group')}
        onChange={setGroup}
        isRequired
        isFirst
      />
    </FormDialog>
  )
}

/** Moves many devices to another group, by a job. */
export function MoveManyDialog({ target, targetName, onMoved, onClose }: MoveDialogProps & { target: Target }) {
  const [group, setGroup] = useState<string | null>(null)
  return (
    <BulkDialog
      title={`Move ${targetName}`}
      bulk={ofDevices(target)}
      verb="Move"
      change={group === null ? undefined : { group }}
      onStarted={onMoved}
      onClose={onClose}
    >
      {(faults) => (
        <>
          <Text size="sm">{effect}</Text>
          <GroupSelect
            label="Move to group"
            value={group}
            error={faults.at('change/group')}
            onChange={setGroup}
            isRequired
            isFirst
          />
        </>
      )}
    </BulkDialog>
  )
}
