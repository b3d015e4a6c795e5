import { TextInput } from '@mantine/core'
import { createProject } from '@mason/contract/project'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormDialog } from '../ui/form-dialog.tsx'

/** Creates a project, and goes to it. */
export function NewProjectDialog({ wanted, onClose }: { wanted: string; onClose: () => void }) {
  const [name, setName] = useState(wanted)
  const queryClient = useQueryClient()
  const navigate = useNavigate()
  const form = useSubmission({
    work: (send) => send(createProject, { body: { name: name.trim() } }),
    onDone: async () => {
      void queryClient.invalidateQueries({ queryKey: ['listProjects'] })
      await navigate({ to: '/projects/$name', params: { name: name.trim() } })
    },
  })
  return (
    <FormDialog
      title="New project"
      form={form}
      action="Create project"
      isReady={name.trim() !== ''}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        description="Letters, digits, dots, - and _. Cannot be changed later."
        placeholder="warehouse"
        data-autofocus
        maxLength={100}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </FormDialog>
  )
}
