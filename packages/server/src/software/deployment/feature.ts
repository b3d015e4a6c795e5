import { Deployment } from '@mason/contract/deployment'
import type { Database } from '../../core/db/database.ts'
import type { Feature } from '../../core/feature.ts'
import type { Metrics } from '../../core/http/metrics.ts'
import { measureCounts } from '../../core/jobs/measure-counts.ts'
import { watchDeployments } from './advance.ts'
import { deploymentRoutes } from './routes.ts'
import type { Advance } from './running.ts'

interface Needs {
  database: Database
  metrics: Metrics
  advance: Advance
}

export const deployments = ({ database, metrics, advance }: Needs): Feature => ({
  routes: (router) => {
    deploymentRoutes(router, advance)
    const states = Deployment.properties.state.enum
    const help = 'Roll-outs of all accounts by state'
    measureCounts(metrics.platform, database, { name: 'mason_rollouts', help, kind: 'rollout', states })
  },
  tasks: [advance],
  jobs: [watchDeployments(advance)],
})
