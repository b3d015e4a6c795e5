import { TextInput } from '@mantine/core'
import { presetOf, type User, updateUser } from '@mason/contract/user'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { isChosen, type Restricted } from '../groups/restricted.ts'
import { Restriction } from '../groups/restriction.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ScopeChoice, type ScopeChoiceValue } from './scope-choice.tsx'

/** Changes how a user is called, what they may do, and where. */
export function ScopesDialog({ user, onClose }: { user: User; onClose: () => void }) {
  const preset = presetOf(user.scopes)
  const [name, setName] = useState(user.name ?? '')
  const [choice, setChoice] = useState<ScopeChoiceValue>(preset === 'custom' ? { scopes: user.scopes } : { preset })
  const [groups, setGroups] = useState<Restricted>(user.groups)
  const queryClient = useQueryClient()
  // What is as it was is not sent: somebody may have lost all groups, which cannot be chosen.
  const regrouped = groups === user.groups ? {} : { groups: groups ? [...groups] : null }
  const form = useSubmission({
    work: (send) =>
      send(updateUser, { id: user.id, body: { ...(name.trim() && { name: name.trim() }), ...choice, ...regrouped } }),
    onDone: () => {
      void queryClient.invalidateQueries({ queryKey: ['listUsers'] })
      onClose()
    },
  })
  return (
    <FormDialog
      title={user.email}
      size="lg"
      form={form}
      action="Save"
      isReady={groups === user.groups || isChosen(groups)}
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
      <ScopeChoice value={choice} error={form.faults.at('preset', 'scopes')} onChange={setChoice} />
      <Restriction value={groups} error={form.faults.at('groups')} onChange={setGroups} />
    </FormDialog>
  )
}
