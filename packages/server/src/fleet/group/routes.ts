import { createGroup, deleteGroup, getGroup, listGroups, updateGroup } from '@mason/contract/group'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as groups from './service.ts'

export function groupRoutes({ add }: Router): void {
  add(listGroups, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await groups.list(db, actor, query)),
  )
  add(getGroup, async ({ db, actor, params }) => envelope(await groups.get(db, actor, params.name)))
  add(createGroup, async ({ db, actor, body }) => envelope(await groups.create(db, actor, body)))
  add(updateGroup, async ({ db, actor, params, body }) => envelope(await groups.describe(db, actor, params.name, body)))
  add(deleteGroup, async ({ db, actor, params }) => envelope(await groups.remove(db, actor, params.name)))
}
