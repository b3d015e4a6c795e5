import { compareSimUsage } from '@mason/contract/usage'
import { envelope } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { compare } from './compare.ts'

export function deviceUsageRoutes({ add }: Router): void {
  add(compareSimUsage, async ({ db, actor, params, query }) => envelope(await compare(db, actor, params.iccid, query)))
}
