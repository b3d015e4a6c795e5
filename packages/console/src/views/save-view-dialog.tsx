import { Checkbox, Code, TextInput } from '@mantine/core'
import { createView, type ViewKind, viewScopes } from '@mason/contract/view'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { useCan } from '../session/session.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { notify } from '../ui/notify.tsx'

interface SaveViewDialogProps {
  kind: ViewKind
  filter: string
  columns?: string[]
  sort: string | undefined
  onClose: () => void
}

/** Saves the filters of a table under a name. */
export function SaveViewDialog({ kind, filter, columns, sort, onClose }: SaveViewDialogProps) {
  const can = useCan()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [isShared, setIsShared] = useState(false)
  const form = useSubmission({
    work: (send) =>
      send(createView, {
        ...{ kind, filter, name: name.trim(), shared: isShared },
        ...(columns && { columns }),
        ...(sort !== undefined && { sort }),
      }),
    onDone: () => {
      void queryClient.invalidateQueries({ queryKey: ['listViews'] })
      void notify({ message: `The view “${name.trim()}” is in the menu.` })
      onClose()
    },
  })
  return (
    <FormDialog
      title="Save view"
      form={form}
      action="Save"
      isReady={name.trim() !== ''}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <TextInput
        label="Name"
        data-autofocus
        maxLength={100}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Code block>{filter}</Code>
      {can(viewScopes[kind].change) && (
        <Checkbox
          label="Everybody of the account sees it"
          checked={isShared}
          onChange={(event) => setIsShared(event.currentTarget.checked)}
        />
      )}
    </FormDialog>
  )
}
