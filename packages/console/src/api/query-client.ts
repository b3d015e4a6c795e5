import { ApiError } from '@mason/sdk/api-error'
import { QueryCache, QueryClient } from '@tanstack/react-query'

/** The client of a page; `onSignedOut` is called when an answer says that the session has ended. */
export function createQueryClient(onSignedOut: () => void): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (isSignedOut(error) && query.queryKey[0] !== 'getCurrentSession') onSignedOut()
      },
    }),
    defaultOptions: {
      queries: {
        // The SDK has tried again already where that makes sense.
        retry: false,
        staleTime: 5_000,
        gcTime: 5 * 60_000,
        refetchOnWindowFocus: true,
      },
    },
  })
}

/** Whether nobody is signed in, or no longer. */
export const isSignedOut = (error: unknown): boolean => error instanceof ApiError && error.status === 401
