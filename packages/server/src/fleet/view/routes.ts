import { createView, deleteView, getView, listViews, updateView } from '@mason/contract/view'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as views from './service.ts'

export function viewRoutes({ add }: Router): void {
  add(listViews, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await views.list(db, actor, query)),
  )
  add(getView, async ({ db, actor, params }) => envelope(await views.get(db, actor, params.id)))
  add(createView, async ({ db, actor, body }) => envelope(await views.create(db, actor, body)))
  add(updateView, async ({ db, actor, params, body }) => envelope(await views.change(db, actor, params.id, body)))
  add(deleteView, async ({ db, actor, params }) => envelope(await views.remove(db, actor, params.id)))
}
