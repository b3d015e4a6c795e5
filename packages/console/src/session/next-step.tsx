import type { CurrentSession, signIn } from '@mason/contract/auth'
import type { Answer } from '@mason/sdk/input'
import { lazy, Suspense } from 'react'
import { part } from '../api/part.ts'
import { Loading } from '../ui/states.tsx'
import { Door } from './door.tsx'

const SecondStep = lazy(part(() => import('./second-step.tsx')))
const TotpEnrolment = lazy(part(() => import('./totp-enrolment.tsx')))

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
    <Door title="Set up your second factor" about="Your organization asks for one. It takes a minute.">
      <Suspense fallback={<Loading />}>
        <TotpEnrolment onDone={onEnrolled} />
      </Suspense>
    </Door>
  )
}
