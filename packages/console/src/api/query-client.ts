import { ApiError } from '@mason/sdk/api-error'
import { QueryClient } from '@tanstack/react-query'
import { renewalOf } from './renewal.ts'

/** The client of a page. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // The SDK has tried again already where that makes sense.
        retry: false,
        // What is read ahead of a page is not read again by it.
        staleTime: 500,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
        refetchInterval: renewalOf,
        // What the browser believes of its network is not asked: a request that fails says so.
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  })
}

/** Whether nobody is signed in, or no longer. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401
