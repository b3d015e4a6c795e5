import { Button, PasswordInput, Stack } from '@mantine/core'
import { changePassword } from '@mason/contract/auth'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useSubmission } from '../api/submission.ts'
import { FormAlert } from '../ui/form-alert.tsx'
import { NewPassword } from '../ui/new-password.tsx'
import { notify } from '../ui/notify.tsx'
import { Panel } from '../ui/panel.tsx'

/** Changes one's own password. */
export function PasswordPanel() {
  const queryClient = useQueryClient()
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const form = useSubmission({
    work: (send) => send(changePassword, { currentPassword, newPassword }),
    onDone: () => {
      setCurrent('')
      setNew('')
      void notify({ message: 'Password changed. Your other sessions have ended.' })
      void queryClient.invalidateQueries({ queryKey: ['listSessions'] })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }
  return (
    <Panel title="Password">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            value={currentPassword}
            error={form.faults.at('currentPassword')}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <NewPassword value={newPassword} error={form.faults.at('newPassword')} onChange={setNew} />
          <FormAlert form={form} />
          <Button
            type="submit"
            variant="default"
            disabled={currentPassword === '' || newPassword === ''}
            loading={form.isPending}
          >
            Change password
          </Button>
        </Stack>
      </form>
    </Panel>
  )
}
