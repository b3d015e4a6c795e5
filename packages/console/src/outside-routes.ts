import type { QueryClient } from '@tanstack/react-query'
import { createRootRouteWithContext, createRoute } from '@tanstack/react-router'
import { lazyPage } from './api/lazy-page.ts'
import { Root } from './root.tsx'
import { keeping } from './search.ts'

/** What all pages are below. */
export const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Root })

export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: keeping('returnTo', 'error'),
  component: lazyPage(() => import('./session/sign-in-page.tsx'), 'SignInPage'),
})
export const join = createRoute({
  getParentRoute: () => root,
  path: '/join',
  component: lazyPage(() => import('./session/link-page.tsx'), 'LinkPage'),
})
export const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: lazyPage(() => import('./session/link-page.tsx'), 'LinkPage'),
})
