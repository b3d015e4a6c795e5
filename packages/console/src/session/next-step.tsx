import type { CurrentSession, signIn } from '@mason/contract/auth'
import type { Answer } from '@mason/sdk/input'
import { lazy, Suspense } from 'react'
import { part } from '../api/part.ts'
import { Loading } from '../ui/states.tsx'
import { SignedOutPage } from './signed-out-page.tsx'

const SecondStep = lazy(part(() => import('./second-step.tsx')))
const TotpEnrollment = lazy(part(() => import('./totp-enrollment.tsx')))

interface NextStepProps {
  state: Exclude<CurrentSession['state'], 'active'>
  onDone: (answer: Answer<typeof signIn>) => void
  onEnrolled: () => void
}

/** What comes after the password: the second factor, or setting one up where the account asks for it. */
export function NextStep({ state, onDone, onEnrolled }: NextStepProps) {
  if (state === 'totpRequired')
    return (
      <Suspense>
        <SecondStep onDone={onDone} />
      </Suspense>
    )
  return (
    <SignedOutPage title="Set up your second factor" about="Your organization requires one. It takes a minute.">
      <Suspense fallback={<Loading />}>
        <TotpEnrollment onDone={onEnrolled} />
      </Suspense>
    </SignedOutPage>
  )
}
