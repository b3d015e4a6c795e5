import { Alert, Button, Group, Modal, PasswordInput, Stack, Text, TextInput } from '@mantine/core'
import { changePassword } from '@mason/contract/auth'
import { updateUser } from '@mason/contract/user'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { currentSession, useSession } from '../session/session.ts'
import { NewPassword } from '../ui/new-password.tsx'
import { notify } from '../ui/notify.tsx'

/** The first owner's name, and a password that nobody has printed. */
export default function OwnerDialog({ onClose }: { onClose: () => void }) {
  const { user } = useSession()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const setUp = useMutation({
    mutationFn: async () => {
      await call(changePassword, { currentPassword, newPassword })
      await call(updateUser, { id: user.id, body: { name: name.trim() } })
    },
    onSuccess: () => {
      void queryClient.invalidateQueries({ queryKey: currentSession.queryKey })
      void notify({ message: `Welcome, ${name.trim()}. Your new password counts from now on.` })
      onClose()
    },
  })
  const faults = fieldFaults(setUp.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setUp.mutate()
  }
  return (
    <Modal opened onClose={onClose} title={<Text fw={600}>Make this account yours</Text>}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <input type="hidden" name="username" autoComplete="username" value={user.email} readOnly />
          <TextInput
            label="Your name"
            autoComplete="name"
            data-autofocus
            maxLength={100}
            value={name}
            error={faults.name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <PasswordInput
            label="Printed password"
            description="The one that you have just signed in with."
            autoComplete="current-password"
            value={currentPassword}
            error={faults.currentPassword}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <NewPassword value={newPassword} error={faults.newPassword} onChange={setNew} />
          {setUp.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(setUp.error)}</Alert>}
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Later
            </Button>
            <Button
              type="submit"
              disabled={name.trim() === '' || currentPassword === '' || newPassword === ''}
              loading={setUp.isPending}
            >
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
