import { getApp, listApps } from '@mason/contract/app'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as apps from './service.ts'

export function appRoutes({ add }: Router): void {
  add(listApps, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await apps.list(db, actor, query)),
  )
  add(getApp, async ({ db, actor, params }) => envelope(await apps.get(db, actor, params.package)))
}
