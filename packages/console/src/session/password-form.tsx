import { Alert, Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core'
import { forgotPassword, getSignInMethods, signIn } from '@mason/contract/auth'
import { ApiError } from '@mason/sdk/api-error'
import type { Answer } from '@mason/sdk/input'
import { useQuery } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { call, one, read } from '../api/client.ts'
import { faultsOf } from '../api/faults.ts'
import { useSubmission } from '../api/submission.ts'
import { FormAlert } from '../ui/form-alert.tsx'
import classes from './signed-out-page.module.css'

interface PasswordFormProps {
  onDone: (answer: Answer<typeof signIn>) => void
  returnTo: string | undefined
  /** Whoever was signed in before. */
  knownEmail?: string
  /** The identity provider opens beside this page, which is to stay as it is. */
  isBeside?: boolean
}

/** Signing in by password, or by the identity provider where there is one. */
export function PasswordForm({ onDone, returnTo, knownEmail = '', isBeside = false }: PasswordFormProps) {
  const methods = useQuery(read(getSignInMethods, {}))
  const [email, setEmail] = useState(knownEmail)
  const [password, setPassword] = useState('')
  const [account, setAccount] = useState('')
  const signingIn = useSubmission({
    work: () => call(signIn, { email, password, ...(account && { account }) }),
    onDone,
  })
  const [isLinkSent, setIsLinkSent] = useState(false)
  const forgetting = useSubmission({
    work: () => call(forgotPassword, { email }),
    onDone: () => setIsLinkSent(true),
  })
  const isRefused = signingIn.error instanceof ApiError && signingIn.error.status === 401
  const faults = faultsOf(isRefused ? undefined : signingIn.error)
  const accountFault = faults.at('account')
  const needsAccount = account !== '' || accountFault !== undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signingIn.submit()
  }
  const { mail = false, isNew = false, oidc } = methods.data ? one(methods.data) : {}

  return (
    <>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {isNew && signingIn.error === undefined && (
            <Alert color="petrol" title="This platform is new">
              Its first start printed the owner’s e-mail and password. Look for “Owner:” and “Owner password:” in the
              terminal or the log.
            </Alert>
          )}
          {isRefused && (
            <Alert color="red" role="alert">
              Wrong e-mail or password. Check both and try again.
            </Alert>
          )}
          <FormAlert form={{ faults }} />
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            autoFocus={knownEmail === ''}
            withAsterisk={false}
            value={email}
            error={faults.at('email')}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            data-autofocus={knownEmail !== '' || undefined}
            withAsterisk={false}
            value={password}
            error={faults.at('password')}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {needsAccount && (
            <TextInput
              label="Account"
              description="Your address belongs to several accounts. Enter the name of one."
              value={account}
              error={accountFault}
              onChange={(event) => setAccount(event.currentTarget.value)}
            />
          )}
          <Button type="submit" mt={6} disabled={signingIn.isPending}>
            {signingIn.isPending ? 'Signing in…' : 'Sign in'}
          </Button>
          <FormAlert form={forgetting} />
          {mail && (
            <button type="button" className={classes.link} disabled={email === ''} onClick={() => forgetting.submit()}>
              {wordsForForgotten(email, isLinkSent)}
            </button>
          )}
        </Stack>
      </form>
      {oidc && (
        <>
          <Divider label="or" my="md" />
          <Button
            component="a"
            variant="default"
            fullWidth
            href={`${oidc.url}?returnTo=${encodeURIComponent(returnTo ?? '/')}`}
            {...(isBeside && { target: '_blank' })}
          >
            Sign in with {oidc.label}
          </Button>
        </>
      )}
    </>
  )
}

function wordsForForgotten(email: string, isSent: boolean): string {
  if (isSent) return 'If this address is known, a link is on its way to it.'
  return email === '' ? 'Forgot your password? Enter your e-mail first.' : 'Forgot your password? Send a reset link.'
}
