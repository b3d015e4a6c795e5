import { listAuditEntries } from '@mason/contract/audit'
import { sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as audit from './service.ts'

export function auditRoutes({ add }: Router): void {
  add(listAuditEntries, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await audit.list(db, actor, query)),
  )
}
