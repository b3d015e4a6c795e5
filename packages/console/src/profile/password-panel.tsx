import { Alert, Button, PasswordInput, Stack } from '@mantine/core'
import { changePassword } from '@mason/contract/auth'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { NewPassword } from '../ui/new-password.tsx'
import { notify } from '../ui/notify.tsx'
import { Panel } from '../ui/panel.tsx'

/** Changes one's own password. */
export function PasswordPanel() {
  const queryClient = useQueryClient()
  const [currentPassword, setCurrent] = useState('')
  const [newPassword, setNew] = useState('')
  const change = useMutation({
    mutationFn: () => call(changePassword, { currentPassword, newPassword }),
    onSuccess: () => {
      setCurrent('')
      setNew('')
      void notify({ message: 'Your password is changed. All your other sessions have ended.' })
      void queryClient.invalidateQueries({ queryKey: ['listSessions'] })
    },
  })
  const faults = fieldFaults(change.error)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    change.mutate()
  }
  return (
    <Panel title="Password">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <PasswordInput
            label="Current password"
            autoComplete="current-password"
            value={currentPassword}
            error={faults.currentPassword}
            onChange={(event) => setCurrent(event.currentTarget.value)}
          />
          <NewPassword value={newPassword} error={faults.newPassword} onChange={setNew} />
          {change.isError && Object.keys(faults).length === 0 && <Alert color="red">{messageOf(change.error)}</Alert>}
          <Button
            type="submit"
            variant="default"
            disabled={currentPassword === '' || newPassword === ''}
            loading={change.isPending}
          >
            Change password
          </Button>
        </Stack>
      </form>
    </Panel>
  )
}
