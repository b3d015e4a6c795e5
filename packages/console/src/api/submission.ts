import { ApiError } from '@mason/sdk/api-error'
import type { Client } from '@mason/sdk/client'
import { idempotencyKey } from '@mason/sdk/idempotency-key'
import { useMutation } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { call } from './client.ts'
import { type Faults, faultsOf } from './faults.ts'

/** Calls a route for a form: the same request twice takes effect once. */
export type Send = Client['call']

interface SubmissionOptions<V, A> {
  work: (send: Send, values: V) => Promise<A>
  onDone?: ((answer: A) => unknown) | undefined
  onFailed?: (error: unknown) => unknown
}

/** A form as it is sent: whether it is on its way, and what was wrong with it. */
export interface Submission<V = void> {
  submit: (values: V) => void
  isPending: boolean
  error: unknown
  faults: Faults
}

/** Sends a form, once however often its button is pressed. */
export function useSubmission<V = void, A = unknown>(options: SubmissionOptions<V, A>): Submission<V> {
  const [memory] = useState(makeMemory)
  // What React draws comes too late for a second click in the same instant.
  const isBusy = useRef(false)
  const mutation = useMutation({
    mutationFn: (values: V) => options.work(memory.send, values),
    onSuccess: (answer) => {
      memory.forget()
      return options.onDone?.(answer)
    },
    onError: (error) => options.onFailed?.(error),
    onSettled: () => {
      isBusy.current = false
    },
  })
  return {
    submit: (values) => {
      if (isBusy.current) return
      isBusy.current = true
      mutation.mutate(values)
    },
    isPending: mutation.isPending,
    error: mutation.error ?? undefined,
    faults: faultsOf(mutation.error),
  }
}

/**
 * What a form has sent. A request whose answer was lost goes out again under the same Idempotency-Key; one that was refused
 * gets a new one, for the refusal is kept. What succeeded before a later step failed is not sent again.
 */
function makeMemory() {
  const keys = new Map<string, string>()
  const answers = new Map<string, unknown>()
  const send = async (...[route, input, options]: Parameters<Send>) => {
    const request = JSON.stringify([route.schema.operationId, input])
    if (answers.has(request)) return answers.get(request)
    const key = keys.get(request) ?? idempotencyKey()
    keys.set(request, key)
    try {
      const answer = await call(route, input, { ...options, idempotencyKey: key })
      answers.set(request, answer)
      return answer
    } catch (error) {
      if (error instanceof ApiError) keys.delete(request)
      throw error
    }
  }
  return {
    send: send as Send,
    forget: () => {
      keys.clear()
      answers.clear()
    },
  }
}
