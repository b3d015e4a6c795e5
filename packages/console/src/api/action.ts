import { useQueryClient } from '@tanstack/react-query'
import { notifyFailure } from '../ui/notify.tsx'
import { type Send, useSubmission } from './submission.ts'

/** What a button does by itself. */
export interface Action<A> {
  work: (send: Send) => Promise<A>
  /** What to say when it fails: "Roll-out not changed". */
  failure: string
  /** The operations whose reads it changes; they are read again whether it succeeded or not. */
  renews?: readonly string[] | undefined
  onDone?: ((answer: A) => unknown) | undefined
}

/** Does something once, however often its button is clicked, and says why when it fails. */
export function useAction<A>({ work, failure, renews = [], onDone }: Action<A>) {
  const queryClient = useQueryClient()
  const renew = () => Promise.all(renews.map((name) => queryClient.invalidateQueries({ queryKey: [name] })))
  const { submit, isPending } = useSubmission<void, A>({
    work,
    onDone: async (answer) => {
      await onDone?.(answer)
      await renew()
    },
    onFailed: (error) => {
      notifyFailure(failure, error)
      return renew()
    },
  })
  return { run: () => submit(), isPending }
}
