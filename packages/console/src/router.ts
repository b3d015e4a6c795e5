import type { QueryClient } from '@tanstack/react-query'
import { createRouter } from '@tanstack/react-router'
import { Lost, Pending, RouteFailure } from './route-states.tsx'
import { tree } from './routes.tsx'
import { parseSearch, stringifySearch } from './search.ts'

/** The router of the Controller. */
export function createConsoleRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queryClient },
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    scrollRestoration: true,
    defaultPendingComponent: Pending,
    defaultErrorComponent: RouteFailure,
    defaultNotFoundComponent: Lost,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>
  }
}
