import { getCurrentSession } from '@mason/contract/auth'
import type { Route } from '@mason/contract/route'
import { type Client, createClient } from '@mason/sdk/client'
import type { Answer, Input } from '@mason/sdk/input'
import { queryOptions } from '@tanstack/react-query'
import { watchedFetch } from './reachability.ts'

/** Where nobody is signed in yet, or where it is asked whether somebody is: a 401 there ends no session. */
const signInPaths = ['/auth/sign-in', getCurrentSession.url]

type SessionEnd = (cause: { isRead: boolean }) => void
let onSessionEnd: SessionEnd = () => {}

/** Says what to do when an answer tells that the session has ended. */
export function whenSessionEnds(listener: SessionEnd): void {
  onSessionEnd = listener
}

/** Fetches from the platform, and notes when it cannot be reached and when the session has ended. */
export async function platformFetch(input: string, init: RequestInit = {}): Promise<Response> {
  const response = await watchedFetch(input, init)
  if (response.status === 401 && !signInPaths.some((path) => input === path || input.startsWith(`${path}/`)))
    onSessionEnd({ isRead: (init.method ?? 'GET') === 'GET' })
  return response
}

const client = createClient({
  baseUrl: '',
  maxRetries: 2,
  fetch: (input, init) => platformFetch(String(input), init),
})

/** Calls a route of the contract under the session's cookie. */
export const call: Client['call'] = client.call

/** A read of the contract as a query; its key begins with the operation's id, so that a change can name what it affects. */
export function read<R extends Route>(route: R, input: Input<R>) {
  return queryOptions({
    queryKey: [route.schema.operationId, input],
    queryFn: ({ signal }) =>
      (call as (route: R, input: Input<R>, options: { signal: AbortSignal }) => Promise<Answer<R>>)(route, input, {
        signal,
      }),
  })
}

/** The answer of a route that answers one resource, without its envelope. */
export function one<T>(answer: { data: readonly T[] }): T {
  const [item] = answer.data
  if (item === undefined) throw new Error('The answer holds nothing')
  return item
}
