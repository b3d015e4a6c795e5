import { PasswordInput, TextInput } from '@mantine/core'
import { changePassword } from '@mason/contract/auth'
import { updateUser } from '@mason/contract/user'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { currentSession, useSession } from '../session/session.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { NewPassword } from '../ui/new-password.tsx'
import { notify } from '../ui/notify.tsx'

/** The first owner's name, and a password that nobody has printed. */
export default function OwnerDialog({ onClose }: { onClose: () => void }) {
  const { user } = useSession()
  const queryClient = useQueryClient()
  const [name, setName] = useState('')
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const form = useSubmission({
    work: async (send) => {
      await send(changePassword, { currentPassword, newPassword })
      await send(updateUser, { id: user.id, body: { name: name.trim() } })
    },
    onDone: () => {
      void queryClient.invalidateQueries({ queryKey: currentSession.queryKey })
      void notify({ message: `Welcome, ${name.trim()}. Your password is changed.` })
      onClose()
    },
  })
  return (
    <FormDialog
      title="Make this account yours"
      form={form}
      action="Save"
      cancel="Later"
      isReady={name.trim() !== '' && currentPassword !== '' && newPassword !== ''}
      onSubmit={form.submit}
      onClose={onClose}
    >
      <input type="hidden" name="username" autoComplete="username" value={user.email} readOnly />
      <TextInput
        label="Your name"
        autoComplete="name"
        data-autofocus
        maxLength={100}
        value={name}
        error={form.faults.at('name')}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label="Printed password"
        description="The one that you just signed in with."
        autoComplete="current-password"
        value={currentPassword}
        error={form.faults.at('currentPassword')}
        onChange={(event) => setCurrent(event.currentTarget.value)}
      />
      <NewPassword value={newPassword} error={form.faults.at('newPassword')} onChange={setNew} />
    </FormDialog>
  )
}
