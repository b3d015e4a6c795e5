import { Alert } from '@mantine/core'
import { oidcFailures, type signIn } from '@mason/contract/auth'
import type { Answer } from '@mason/sdk/input'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, useNavigate, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { one } from '../api/client.ts'
import { NextStep } from './next-step.tsx'
import { PasswordForm } from './password-form.tsx'
import { currentSession } from './session.ts'
import { SignedOutPage } from './signed-out-page.tsx'

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

  if (state === 'totpRequired' || state === 'totpEnrollmentRequired')
    return <NextStep state={state} onDone={proceed} onEnrolled={() => void session.refetch()} />
  return (
    <SignedOutPage title="Sign in" about="Welcome back to your fleet.">
      {error && (
        <Alert color="red" mb="md">
          {oidcFailures[error as keyof typeof oidcFailures] ?? 'Sign-in failed. Try again.'}
        </Alert>
      )}
      <PasswordForm onDone={proceed} returnTo={returnTo} />
    </SignedOutPage>
  )
}

/** Only paths of this page are gone back to, never an address elsewhere. */
const isOwnPath = (path: string | undefined): path is string =>
  path?.startsWith('/') === true && !path.startsWith('//') && !path.includes('\\')
