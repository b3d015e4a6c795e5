import type { Route } from '@mason/contract/route'
import { type Client, createClient } from '@mason/sdk/client'
import type { Answer, Input } from '@mason/sdk/input'
import { queryOptions } from '@tanstack/react-query'

const client = createClient({ baseUrl: '', maxRetries: 2 })

/** Calls a route of the contract under the session's cookie. */
export const call: Client['call'] = client.call

/** Walks a paged list item by item. */
export const walk: Client['pages'] = client.pages

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
