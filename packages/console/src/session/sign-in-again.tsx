import { Modal } from '@mantine/core'
import { type CurrentSession, getCurrentSession, type signIn } from '@mason/contract/auth'
import type { Answer } from '@mason/sdk/input'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { call, one } from '../api/client.ts'
import { setHasEnded } from './ended.ts'
import { NextStep } from './next-step.tsx'
import { PasswordForm } from './password-form.tsx'
import { currentSession, useSession } from './session.ts'
import { SignedOutPage } from './signed-out-page.tsx'

/** Signing in over a page whose session has ended: what was typed there waits beneath. */
export default function SignInAgain() {
  const { user } = useSession()
  const queryClient = useQueryClient()
  // Somebody may sign in beside this page, and come back to it.
  const beside = useQuery({
    queryKey: ['sessionBeside'],
    queryFn: ({ signal }) => call(getCurrentSession, {}, { signal }),
    gcTime: 0,
    refetchOnWindowFocus: 'always',
  })
  const [answer, setAnswer] = useState<Answer<typeof signIn>>()
  const known = answer ?? beside.data
  const session = known && one(known)
  useEffect(() => {
    if (session?.state !== 'active') return
    if (session.user.id !== user.id) return location.assign('/')
    queryClient.setQueryData(currentSession.queryKey, { data: [session] })
    setHasEnded(false)
    void queryClient.invalidateQueries()
  }, [session, user.id, queryClient])
  useEffect(() => {
    const { title } = document
    return () => {
      document.title = title
    }
  }, [])
  return (
    <Modal.Root opened fullScreen closeOnEscape={false} zIndex={500} onClose={() => {}}>
      <Modal.Content aria-label="Sign in">
        <Modal.Body p={0}>
          <Step
            state={session?.state}
            email={user.email}
            onAnswer={setAnswer}
            onEnrolled={() => {
              setAnswer(undefined)
              void beside.refetch()
            }}
          />
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

interface StepProps {
  state: CurrentSession['state'] | undefined
  email: string
  onAnswer: (answer: Answer<typeof signIn>) => void
  onEnrolled: () => void
}

function Step({ state, email, onAnswer, onEnrolled }: StepProps) {
  if (state !== undefined && state !== 'active')
    return <NextStep state={state} onDone={onAnswer} onEnrolled={onEnrolled} />
  return (
    <SignedOutPage title="Sign in" about="Your session has ended. Sign in again to continue where you left off.">
      <PasswordForm knownEmail={email} isBeside returnTo="/" onDone={onAnswer} />
    </SignedOutPage>
  )
}
