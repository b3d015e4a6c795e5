import { getSummary } from '@mason/contract/device'
import { createRoute, redirect } from '@tanstack/react-router'
import { one, read } from './api/client.ts'
import { lazyPage } from './api/lazy-page.ts'
import { part } from './api/part.ts'
import { isSignedOut } from './api/query-client.ts'
import { join, reset, root, signIn } from './outside-routes.ts'
import { Lost } from './route-states.tsx'
import { keeping } from './search.ts'
import { currentSession } from './session/session.ts'
import { Shell } from './shell/shell.tsx'

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
  validateSearch: keeping('n', 'group', 'family', 'online', 'outOfDate', 'iccid', 'seen', 'filter', 'sort'),
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
const apps = createRoute({
  getParentRoute: () => inside,
  path: '/apps',
  component: lazyPage(() => import('./apps/apps-page.tsx'), 'AppsPage'),
})
const app = createRoute({
  getParentRoute: () => inside,
  path: '/apps/$package',
  component: lazyPage(() => import('./apps/app-page.tsx'), 'AppPage'),
})
const schedules = createRoute({
  getParentRoute: () => inside,
  path: '/schedules',
  component: lazyPage(() => import('./schedules/schedules-page.tsx'), 'SchedulesPage'),
})
const schedule = createRoute({
  getParentRoute: () => inside,
  path: '/schedules/$id',
  component: lazyPage(() => import('./schedules/schedule-page.tsx'), 'SchedulePage'),
})
const enrollment = createRoute({
  getParentRoute: () => inside,
  path: '/enrollment',
  component: lazyPage(() => import('./enrollment/enrollment-page.tsx'), 'EnrollmentPage'),
})
const activity = createRoute({
  getParentRoute: () => inside,
  path: '/activity',
  validateSearch: keeping('type', 'actor', 'subject'),
  component: lazyPage(() => import('./activity/activity-page.tsx'), 'ActivityPage'),
})
const sims = createRoute({
  getParentRoute: () => inside,
  path: '/sims',
  validateSearch: keeping('n', 'state', 'carrier', 'marker', 'filter', 'sort'),
  component: lazyPage(() => import('./sims/sims-page.tsx'), 'SimsPage'),
})
const sim = createRoute({
  getParentRoute: () => inside,
  path: '/sims/$iccid',
  validateSearch: keeping('month'),
  component: lazyPage(() => import('./sims/sim-page.tsx'), 'SimPage'),
})
const carriers = createRoute({
  getParentRoute: () => inside,
  path: '/carriers',
  component: lazyPage(() => import('./carriers/carriers-page.tsx'), 'CarriersPage'),
})
const carrier = createRoute({
  getParentRoute: () => inside,
  path: '/carriers/$name',
  component: lazyPage(() => import('./carriers/carrier-page.tsx'), 'CarrierPage'),
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
const jobs = createRoute({
  getParentRoute: () => inside,
  path: '/jobs',
  component: lazyPage(() => import('./jobs/jobs-page.tsx'), 'JobsPage'),
})
const job = createRoute({
  getParentRoute: () => inside,
  path: '/jobs/$id',
  component: lazyPage(() => import('./jobs/job-page.tsx'), 'JobPage'),
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
const alerts = createRoute({
  getParentRoute: () => inside,
  path: '/alerts',
  validateSearch: keeping('state', 'severity', 'rule'),
  component: lazyPage(() => import('./alerts/alerts-page.tsx'), 'AlertsPage'),
})
const alertRules = createRoute({
  getParentRoute: () => inside,
  path: '/alerts/rules',
  component: lazyPage(() => import('./alerts/rules-page.tsx'), 'AlertRulesPage'),
})
const keys = createRoute({
  getParentRoute: () => inside,
  path: '/keys',
  component: lazyPage(() => import('./keys/keys-page.tsx'), 'KeysPage'),
})
const webhooks = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks',
  component: lazyPage(() => import('./webhooks/webhooks-page.tsx'), 'WebhooksPage'),
})
const webhook = createRoute({
  getParentRoute: () => inside,
  path: '/webhooks/$id',
  validateSearch: keeping('state'),
  component: lazyPage(() => import('./webhooks/webhook-page.tsx'), 'WebhookPage'),
})
const audit = createRoute({
  getParentRoute: () => inside,
  path: '/audit',
  validateSearch: keeping('action', 'actor', 'subject', 'start', 'end', 'event'),
  component: lazyPage(() => import('./audit/audit-page.tsx'), 'AuditPage'),
})
const xray = createRoute({
  getParentRoute: () => inside,
  path: '/xray',
  component: lazyPage(() => import('./xray/xray-page.tsx'), 'XrayPage'),
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

/** An address that leads nowhere, with the way to everything else beside it. */
const lost = createRoute({ getParentRoute: () => inside, path: '$', component: Lost })

/** The pages by their paths: a table of contents of the Controller. */
export const tree = root.addChildren([
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
    apps,
    app,
    schedules,
    schedule,
    enrollment,
    activity,
    alerts,
    alertRules,
    sims,
    sim,
    carriers,
    carrier,
    usage,
    plan,
    exports,
    jobs,
    job,
    artifacts,
    artifact,
    projects,
    project,
    deployments,
    deployment,
    keys,
    users,
    webhooks,
    webhook,
    audit,
    xray,
    nodes,
    profile,
    lost,
  ]),
])
