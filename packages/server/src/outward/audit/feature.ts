import type { Config } from '../../config.ts'
import type { Feature } from '../../core/feature.ts'
import { chainAudit } from './chain.ts'
import { writeRepeatedRefusals } from './repeated-refusals.ts'
import { forgetIdentities, rollAudit } from './roll-audit.ts'
import { auditRoutes } from './routes.ts'

export const audit = ({ config: { AUDIT_DAYS } }: { config: Config }): Feature => ({
  routes: (router) => auditRoutes(router),
  jobs: [writeRepeatedRefusals, chainAudit, rollAudit(AUDIT_DAYS), forgetIdentities(AUDIT_DAYS)],
})
