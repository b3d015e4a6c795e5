import { getSummary } from '@mason/contract/device'
import type { QueryClient } from '@tanstack/react-query'
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { one, read } from './api/client.ts'
import { part } from './api/part.ts'
import { isSignedOut } from './api/query-client.ts'
import { Root } from './root.tsx'
import { Lost, Pending, RouteFailure } from './route-states.tsx'
import { keeping, parseSearch, stringifySearch } from './search.ts'
import { currentSession } from './session/session.ts'
import { Shell } from './shell/shell.tsx'

/** A page that is loaded when somebody goes to it. */
const lazyPage = <M extends Record<string, unknown>, K extends keyof M & string>(load: () => Promise<M>, name: K) =>
  lazyRouteComponent(part(load), name)

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Root })

const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: keeping('returnTo', 'error'),
  component: lazyPage(() => import('./session/sign-in-page.tsx'), 'SignInPage'),
})
const join = createRoute({
  getParentRoute: () => root,
  path: '/join',
  component: lazyPage(() => import('./session/link-page.tsx'), 'LinkPage'),
})
const reset = createRoute({
  getParentRoute: () => root,
  path: '/reset',
  component: lazyPage(() => import('./session/link-page.tsx'), 'LinkPage'),
})

/** Everything that needs somebody to be signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ context, location }) => {
    const session = await context.queryClient.ensureQueryData(currentSession).catch((error) => {
      if (isSignedOut(error)) return undefined
      throw error
    })
    const isActive = session && one(session).state === 'active'
    if (!isActive) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { returnTo: location.href } })
  },
})

const overview = createRoute({
  getParentRoute: () => inside,
  path: '/',
  component: lazyPage(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
})
const devices = createRoute({
  getParentRoute: () => inside,
  path: '/devices',
  validateSearch: keeping('n', 'group', 'family', 'online', 'outOfDate', 'iccid', 'seen'),
  loaderDeps: ({ search }) => search,
  // The rows are on their way while the page is drawn.
  loader: async ({ context: { queryClient }, deps }) => {
    const { deviceRows } = await part(() => import('./devices/device-rows.ts'))()
    void queryClient.prefetchInfiniteQuery(deviceRows(deps))
    void queryClient.prefetchQuery(read(getSummary, {}))
  },
  component: lazyPage(() => import('./devices/devices-page.tsx'), 'DevicesPage'),
})
const device = createRoute({
  getParentRoute: () => inside,
  path: '/devices/$id',
  validateSearch: keeping('tab'),
  component: lazyPage(() => import('./device/device-page.tsx'), 'DevicePage'),
})
const groups = createRoute({
  getParentRoute: () => inside,
  path: '/groups',
  component: lazyPage(() => import('./groups/groups-page.tsx'), 'GroupsPage'),
})
const group = createRoute({
  getParentRoute: () => inside,
  path: '/groups/$name',
  component: lazyPage(() => import('./groups/group-page.tsx'), 'GroupPage'),
})
const commands = createRoute({
  getParentRoute: () => inside,
  path: '/commands',
  validateSearch: keeping('type', 'state'),
  component: lazyPage(() => import('./commands/commands-page.tsx'), 'CommandsPage'),
})
const batch = createRoute({
  getParentRoute: () => inside,
  path: '/commands/batch/$id',
  validateSearch: keeping('state'),
  component: lazyPage(() => import('./commands/batch-page.tsx'), 'BatchPage'),
})
const enrollment = createRoute({
  getParentRoute: () => inside,
  path: '/enrollment',
  component: lazyPage(() => import('./enrollment/enrollment-page.tsx'), 'EnrollmentPage'),
})
const activity = createRoute({
  getParentRoute: () => inside,
  path: '/activity',
  validateSearch: keeping('type'),
  component: lazyPage(() => import('./activity/activity-page.tsx'), 'ActivityPage'),
})
const sims = createRoute({
  getParentRoute: () => inside,
  path: '/sims',
  validateSearch: keeping('n', 'state', 'carrier', 'marker'),
  component: lazyPage(() => import('./sims/sims-page.tsx'), 'SimsPage'),
})
const sim = createRoute({
  getParentRoute: () => inside,
  path: '/sims/$iccid',
  validateSearch: keeping('month'),
  component: lazyPage(() => import('./sims/sim-page.tsx'), 'SimPage'),
})
const usage = createRoute({
  getParentRoute: () => inside,
  path: '/usage',
  validateSearch: keeping('month', 'marker'),
  component: lazyPage(() => import('./usage/usage-page.tsx'), 'UsagePage'),
})
const plan = createRoute({
  getParentRoute: () => inside,
  path: '/plan',
  component: lazyPage(() => import('./plan/plan-page.tsx'), 'PlanPage'),
})
const exports = createRoute({
  getParentRoute: () => inside,
  path: '/exports',
  component: lazyPage(() => import('./exports/exports-page.tsx'), 'ExportsPage'),
})
const artifacts = createRoute({
  getParentRoute: () => inside,
  path: '/artifacts',
  validateSearch: keeping('type', 'n'),
  component: lazyPage(() => import('./artifacts/artifacts-page.tsx'), 'ArtifactsPage'),
})
const artifact = createRoute({
  getParentRoute: () => inside,
  path: '/artifacts/$type/$name',
  component: lazyPage(() => import('./artifacts/artifact-page.tsx'), 'ArtifactPage'),
})
const projects = createRoute({
  getParentRoute: () => inside,
  path: '/projects',
  validateSearch: keeping('create'),
  component: lazyPage(() => import('./projects/projects-page.tsx'), 'ProjectsPage'),
})
const project = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$name',
  component: lazyPage(() => import('./projects/project-page.tsx'), 'ProjectPage'),
})
const deployments = createRoute({
  getParentRoute: () => inside,
  path: '/deployments',
  component: lazyPage(() => import('./deployments/deployments-page.tsx'), 'DeploymentsPage'),
})
const deployment = createRoute({
  getParentRoute: () => inside,
  path: '/deployments/$id',
  validateSearch: keeping('state'),
  component: lazyPage(() => import('./deployments/deployment-page.tsx'), 'DeploymentPage'),
})
const keys = createRoute({
  getParentRoute: () => inside,
  path: '/keys',
  component: lazyPage(() => import('./keys/keys-page.tsx'), 'KeysPage'),
})
const users = createRoute({
  getParentRoute: () => inside,
  path: '/users',
  component: lazyPage(() => import('./users/users-page.tsx'), 'UsersPage'),
})
const nodes = createRoute({
  getParentRoute: () => inside,
  path: '/nodes',
  component: lazyPage(() => import('./nodes/nodes-page.tsx'), 'NodesPage'),
})
const profile = createRoute({
  getParentRoute: () => inside,
  path: '/profile',
  component: lazyPage(() => import('./profile/profile-page.tsx'), 'ProfilePage'),
})

const tree = root.addChildren([
  signIn,
  join,
  reset,
  inside.addChildren([
    overview,
    devices,
    device,
    groups,
    group,
    commands,
    batch,
    enrollment,
    activity,
    sims,
    sim,
    usage,
    plan,
    exports,
    artifacts,
    artifact,
    projects,
    project,
    deployments,
    deployment,
    keys,
    users,
    nodes,
    profile,
  ]),
])

/** The pages by their paths: a table of contents of the Controller. */
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
