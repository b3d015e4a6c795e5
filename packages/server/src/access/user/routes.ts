import { deleteUser, getUser, inviteUser, listUsers, updateUser } from '@mason/contract/user'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import type { Links } from './link.ts'
import * as users from './service.ts'

export function userRoutes({ add }: Router, links: Links): void {
  add(listUsers, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await users.list(db, actor, query)),
  )
  add(getUser, async ({ db, actor, params }) => envelope(await users.get(db, actor, params.id)))
  add(inviteUser, async ({ db, actor, body }) => envelope(await users.invite(db, actor, links, body)))
  add(updateUser, async ({ db, actor, params, body }) =>
    envelope(await users.change(db, actor, links, params.id, body)),
  )
  add(deleteUser, async ({ db, actor, params }) => envelope(await users.remove(db, actor, params.id)))
}
