import { Checkbox, Code } from '@mantine/core'
import { createView, type ViewKind, viewScopes } from '@mason/contract/view'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useCan } from '../session/session.ts'
import { NameDialog } from '../ui/name-dialog.tsx'
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
  const [isShared, setIsShared] = useState(false)
  return (
    <NameDialog
      title="Save view"
      action="Save"
      maxLength={100}
      work={(send, name) =>
        send(createView, {
          ...{ kind, filter, name, shared: isShared },
          ...(columns && { columns }),
          ...(sort !== undefined && { sort }),
        })
      }
      onDone={(_, name) => {
        void queryClient.invalidateQueries({ queryKey: ['listViews'] })
        void notify({ message: `The view “${name}” is in the menu.` })
      }}
      onClose={onClose}
    >
      <Code block>{filter}</Code>
      {can(viewScopes[kind].change) && (
        <Checkbox
          label="Share with everyone in the account"
          checked={isShared}
          onChange={(event) => setIsShared(event.currentTarget.checked)}
        />
      )}
    </NameDialog>
  )
}
