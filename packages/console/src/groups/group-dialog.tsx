import { Textarea, TextInput } from '@mantine/core'
import { createGroup, type Group, updateGroup } from '@mason/contract/group'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

/** Creates a group, or describes one anew. */
export function GroupDialog({ group, onClose }: { group?: Group; onClose: () => void }) {
  const [name, setName] = useState(group?.name ?? '')
  const [description, setDescription] = useState(group?.description ?? '')
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const form = useSubmission({
    work: (send) =>
      group ? send(updateGroup, { name: group.name, description }) : send(createGroup, { body: { name, description } }),
    onDone: async () => {
      for (const key of ['listGroups', 'getGroup', 'getSummary'])
        void queryClient.invalidateQueries({ queryKey: [key] })
      if (!group) await navigate({ to: '/groups/$name', params: { name } })
      onClose()
    },
  })
  const isWrongName = name !== '' && !group && !/^[A-Za-z0-9_-]{1,100}$/.test(name)
  const nameFault = group ? undefined : form.faults.at('name')
  return (
    <FormDialog
      title={group ? `Edit ${group.name}` : 'New group'}
      form={form}
      action={group ? 'Save' : 'Create group'}
      isReady={!isWrongName && (group !== undefined || name !== '')}
      onSubmit={form.submit}
      onClose={onClose}
    >
      {!group && (
        <TextInput
          label="Name"
          description="Letters, digits, - and _. Cannot be changed later."
          data-autofocus
          maxLength={100}
          value={name}
          error={isWrongName ? 'Only letters, digits, - and _' : nameFault}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      )}
      <Textarea
        label="Purpose"
        placeholder="Tills of the northern shops"
        autosize
        minRows={2}
        maxLength={300}
        {...(group && { 'data-autofocus': true })}
        value={description}
        error={form.faults.at('description')}
        onChange={(event) => setDescription(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
