import { createApiKey, deleteApiKey, getApiKey, listApiKeys } from '@mason/contract/apikey'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as keys from './service.ts'

export function apiKeyRoutes({ add }: Router): void {
  add(listApiKeys, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await keys.list(db, actor, query)),
  )
  add(getApiKey, async ({ db, actor, params }) => envelope(await keys.get(db, actor, params.id)))
  add(createApiKey, async ({ db, actor, body }) => envelope(await keys.create(db, actor, body)))
  add(deleteApiKey, async ({ db, actor, params }) => envelope(await keys.remove(db, actor, params.id)))
}
