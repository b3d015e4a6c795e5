import { Group, TextInput } from '@mantine/core'
import { inviteUser, type User } from '@mason/contract/user'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { one } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { isChosen, type Restricted } from '../groups/restricted.ts'
import { Restriction } from '../groups/restriction.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { notify } from '../ui/notify.tsx'
import { ScopeChoice, type ScopeChoiceValue } from './scope-choice.tsx'

interface InviteDialogProps {
  onInvited: (user: User) => void
  onClose: () => void
}

/** Invites somebody by mail, or by a link to be handed over where the server sends no mail. */
export function InviteDialog({ onInvited, onClose }: InviteDialogProps) {
  const [email, setEmail] = useState('')
  const [name, setName] = useState('')
  const [choice, setChoice] = useState<ScopeChoiceValue>({ preset: 'read-only' })
  const [groups, setGroups] = useState<Restricted>()
  const queryClient = useQueryClient()
  const form = useSubmission({
    work: async (send) =>
      one(
        await send(inviteUser, {
          body: {
            email: email.trim(),
            ...(name.trim() && { name: name.trim() }),
            ...choice,
            ...(groups && { groups: [...groups] }),
          },
        }),
      ),
    onDone: (user) => {
      void queryClient.invalidateQueries({ queryKey: ['listUsers'] })
      if (!user.link) void notify({ message: `An invitation is on its way to ${user.email}.` })
      onInvited(user)
    },
  })
  return (
    <FormDialog
      title="Invite user"
      size="lg"
      form={form}
      action="Invite"
      isReady={email.trim() !== '' && isChosen(groups)}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <Group grow align="flex-start">
        <TextInput
          label="E-mail"
          type="email"
          data-autofocus
          value={email}
          error={form.faults.at('email')}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <TextInput
          label="Name"
          maxLength={100}
          value={name}
          error={form.faults.at('name')}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </Group>
      <ScopeChoice value={choice} error={form.faults.at('preset', 'scopes')} onChange={setChoice} />
      <Restriction value={groups} error={form.faults.at('groups')} onChange={setGroups} />
    </FormDialog>
  )
}
