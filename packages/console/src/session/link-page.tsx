import { Alert, Button, Stack, TextInput } from '@mantine/core'
import { acceptLink, readLink } from '@mason/contract/auth'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useRouterState } from '@tanstack/react-router'
import { type FormEvent, useState } from 'react'
import { one, read } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { useSubmission } from '../api/submission.ts'
import { FormAlert } from '../ui/form-alert.tsx'
import { NewPassword } from '../ui/new-password.tsx'
import { Loading } from '../ui/states.tsx'
import { Day } from '../ui/time.tsx'
import { currentSession } from './session.ts'
import { SignedOutPage } from './signed-out-page.tsx'

/** Where the link of an invitation, or of a forgotten password, leads. Its token stands behind the # and so in no log. */
export function LinkPage() {
  const token = useRouterState({ select: ({ location }) => location.hash })
  const link = useQuery({ ...read(readLink, { token }), enabled: token !== '', staleTime: Number.POSITIVE_INFINITY })
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const navigate = useNavigate()
  const queryClient = useQueryClient()
  const form = useSubmission({
    work: (send) => send(acceptLink, { token, password, ...(name && { name }) }),
    onDone: async () => {
      queryClient.removeQueries({ queryKey: currentSession.queryKey })
      await navigate({ to: '/sign-in' })
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }

  if (token === '' || link.isError)
    return (
      <SignedOutPage title="This link does not work" about="It was already used, has expired, or is incomplete.">
        <Stack gap="sm">
          {link.isError && <Alert color="red">{messageOf(link.error)}</Alert>}
          <Button component={Link} to="/sign-in" variant="default">
            Go to sign-in
          </Button>
        </Stack>
      </SignedOutPage>
    )
  if (!link.data)
    return (
      <SignedOutPage title="One moment">
        <Loading />
      </SignedOutPage>
    )
  const { kind, email, account, expiresAt } = one(link.data)
  const isInvitation = kind === 'invitation'
  return (
    <SignedOutPage
      title={isInvitation ? `Join ${account}` : 'Set a new password'}
      about={
        <>
          For {email}. This link works once, until <Day time={expiresAt} />.
        </>
      }
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          <FormAlert form={form} />
          <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
          {isInvitation && (
            <TextInput
              label="Your name"
              autoComplete="name"
              value={name}
              error={form.faults.at('name')}
              onChange={(event) => setName(event.currentTarget.value)}
            />
          )}
          <NewPassword value={password} error={form.faults.at('password')} onChange={setPassword} />
          <Button type="submit" loading={form.isPending}>
            {isInvitation ? 'Join' : 'Set password and sign in'}
          </Button>
        </Stack>
      </form>
    </SignedOutPage>
  )
}
