import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { inviteUser, type User } from '@mason/contract/user'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, one } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
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
  const queryClient = useQueryClient()
  const invite = useMutation({
    mutationFn: async () =>
      one(
        await call(inviteUser, { body: { email: email.trim(), ...(name.trim() && { name: name.trim() }), ...choice } }),
      ),
    onSuccess: (user) => {
      void queryClient.invalidateQueries({ queryKey: ['listUsers'] })
      if (!user.link) void notify({ message: `An invitation is on its way to ${user.email}.` })
      onInvited(user)
    },
  })
  const faults = fieldFaults(invite.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    invite.mutate()
  }
  return (
    <Modal opened onClose={onClose} size="lg" title={<Text fw={600}>Invite somebody</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <Group grow align="flex-start">
            <TextInput
              label="E-mail"
              type="email"
              data-autofocus
              value={email}
              error={faults.email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <TextInput
              label="Name"
              maxLength={100}
              value={name}
              error={faults.name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          </Group>
          <ScopeChoice value={choice} onChange={setChoice} />
          {invite.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(invite.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Keep as is
            </Button>
            <Button type="submit" disabled={email.trim() === ''} loading={invite.isPending}>
              Invite
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
