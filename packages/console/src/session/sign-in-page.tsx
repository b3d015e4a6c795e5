import { Alert, Anchor, Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core'
import { forgotPassword, getSignInMethods, oidcFailures, signIn } from '@mason/contract/auth'
import { ApiError } from '@mason/sdk/api-error'
import type { Answer } from '@mason/sdk/input'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router'
import { type FormEvent, lazy, Suspense, useEffect, useState } from 'react'
import { call, one, read } from '../api/client.ts'
import { fieldFaults, messageOf } from '../api/faults.ts'
import { Loading } from '../ui/states.tsx'
import { Door } from './door.tsx'
import { currentSession } from './session.ts'

const SecondStep = lazy(() => import('./second-step.tsx'))
const TotpEnrolment = lazy(() => import('./totp-enrolment.tsx'))

const route = getRouteApi('/sign-in')

/** Signing in: password or identity provider, then the second factor where there is one. */
export function SignInPage() {
  const { returnTo, error } = route.useSearch()
  const navigate = useNavigate()
  const router = useRouter()
  const queryClient = useQueryClient()
  const session = useQuery({ ...currentSession, retry: false })
  const state = session.data && one(session.data).state
  const target = isOwnPath(returnTo) ? returnTo : '/'

  useEffect(() => {
    if (state === 'active') void navigate({ href: target, replace: true })
  }, [state, target, navigate])
  useEffect(() => {
    // The page that is gone to is fetched while somebody types.
    const [matchedRoutes] = router.getMatchedRoutes(target.split('?')[0] ?? '/')
    for (const match of matchedRoutes) void router.loadRouteChunk(match)
    void document.fonts.load("1em 'Geist Mono Variable'")
  }, [router, target])
  const proceed = (answer: Answer<typeof signIn>) => queryClient.setQueryData(currentSession.queryKey, answer)

  if (state === 'totpRequired')
    return (
      <Suspense>
        <SecondStep onDone={proceed} />
      </Suspense>
    )
  if (state === 'totpEnrollmentRequired')
    return (
      <Door title="Set up your second factor" about="Your organisation asks for one. It takes a minute.">
        <Suspense fallback={<Loading />}>
          <TotpEnrolment onDone={() => void session.refetch()} />
        </Suspense>
      </Door>
    )
  return (
    <Door title="Sign in" about="Welcome back to your fleet.">
      {error && (
        <Alert color="red" mb="md">
          {oidcFailures[error as keyof typeof oidcFailures] ?? 'Signing in did not work. Try again.'}
        </Alert>
      )}
      <PasswordForm onDone={proceed} returnTo={returnTo} />
    </Door>
  )
}

/** Only paths of this page are gone back to, never an address elsewhere. */
const isOwnPath = (path: string | undefined): path is string =>
  path?.startsWith('/') === true && !path.startsWith('//') && !path.includes('\\')

function PasswordForm({
  onDone,
  returnTo,
}: {
  onDone: (answer: Answer<typeof signIn>) => void
  returnTo: string | undefined
}) {
  const methods = useQuery(read(getSignInMethods, {}))
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [account, setAccount] = useState('')
  const signingIn = useMutation({
    mutationFn: () => call(signIn, { email, password, ...(account && { account }) }),
    onSuccess: onDone,
  })
  const forgetting = useMutation({ mutationFn: () => call(forgotPassword, { email }) })
  const faults = fieldFaults(signingIn.error)
  const needsAccount = account !== '' || faults.account !== undefined
  const submit = (event: FormEvent) => {
    event.preventDefault()
    signingIn.mutate()
  }
  const { mail = false, isNew = false, oidc } = methods.data ? one(methods.data) : {}

  return (
    <>
      <form onSubmit={submit}>
        <Stack gap="sm">
          {isNew && !signingIn.isError && (
            <Alert color="petrol" title="This platform is new">
              Its first start has printed the owner’s e-mail and password: look in the terminal or the log, for “Owner:”
              and “Owner password:”.
            </Alert>
          )}
          {signingIn.isError && Object.keys(faults).length === 0 && (
            <Alert color="red" role="alert">
              {signingIn.error instanceof ApiError && signingIn.error.status === 401
                ? 'That address and password do not go together. Check both and try again.'
                : messageOf(signingIn.error)}
            </Alert>
          )}
          <TextInput
            label="E-mail"
            type="email"
            autoComplete="username"
            required
            autoFocus
            withAsterisk={false}
            value={email}
            error={faults.email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            withAsterisk={false}
            value={password}
            error={faults.password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          {needsAccount && (
            <TextInput
              label="Account"
              description="Your address is known to several accounts: which one?"
              value={account}
              error={faults.account}
              onChange={(event) => setAccount(event.currentTarget.value)}
            />
          )}
          <Button type="submit" mt={6} disabled={signingIn.isPending}>
            {signingIn.isPending ? 'Signing in…' : 'Sign in'}
          </Button>
          {mail && (
            <Anchor
              component="button"
              type="button"
              size="sm"
              disabled={email === ''}
              onClick={() => forgetting.mutate()}
            >
              {forgetting.isSuccess
                ? 'If we know this address, a link is on its way to it.'
                : email === ''
                  ? 'Forgot your password? Type your e-mail first.'
                  : 'Forgot your password? Send a link.'}
            </Anchor>
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
          >
            Sign in with {oidc.label}
          </Button>
        </>
      )}
    </>
  )
}
