import { Anchor, Button, Stack, TextInput } from '@mantine/core'
import { signInByTotp, signOut } from '@mason/contract/auth'
import type { Answer } from '@mason/sdk/input'
import { useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { useAction } from '../api/action.ts'
import { call } from '../api/client.ts'
import { useSubmission } from '../api/submission.ts'
import { FormAlert } from '../ui/form-alert.tsx'
import { currentSession } from './session.ts'
import { SignedOutPage } from './signed-out-page.tsx'

/** The second step of signing in: a code of the authenticator app, or a recovery code. */
export default function SecondStep({ onDone }: { onDone: (answer: Answer<typeof signInByTotp>) => void }) {
  const [code, setCode] = useState('')
  const queryClient = useQueryClient()
  const form = useSubmission({ work: (send) => send(signInByTotp, { code: code.trim() }), onDone })
  const leaving = useAction({
    work: () => call(signOut),
    failure: 'You are still signed in',
    onDone: () => queryClient.resetQueries({ queryKey: currentSession.queryKey }),
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    form.submit()
  }
  return (
    <SignedOutPage title="One more step" about="Enter the six-digit code from your authenticator app.">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <TextInput
            label="Code"
            description="A recovery code works too."
            inputMode="text"
            autoComplete="one-time-code"
            autoFocus
            required
            withAsterisk={false}
            value={code}
            error={form.faults.at('code')}
            onChange={(event) => setCode(event.currentTarget.value)}
          />
          <FormAlert form={form} />
          <Button type="submit" loading={form.isPending}>
            Continue
          </Button>
          <Anchor component="button" type="button" size="sm" onClick={leaving.run}>
            Sign in as someone else
          </Anchor>
        </Stack>
      </form>
    </SignedOutPage>
  )
}
