import { deleteUser, exportUserData, getUser, inviteUser, listUsers, updateUser } from '@mason/contract/user'
import type { Db } from '../../core/db/database.ts'
import { sendLines } from '../../core/http/lines.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { dataOf } from './erase.ts'
import type { Links } from './link.ts'
import * as users from './service.ts'

export function userRoutes({ add }: Router, database: Db, links: Links): void {
  add(listUsers, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await users.list(db, actor, query)),
  )
  add(getUser, async ({ db, actor, params }) => envelope(await users.get(db, actor, params.id)))
  add(inviteUser, async ({ db, actor, body }) => envelope(await users.invite(db, actor, links, body)))
  add(updateUser, async ({ db, actor, params, body }) =>
    envelope(await users.change(db, actor, links, params.id, body)),
  )
  add(deleteUser, async ({ db, actor, params, query: { erase = false } }) =>
    envelope(await users.remove(db, actor, params.id, erase)),
  )
  add(exportUserData, async ({ db, actor, params: { id }, reply }) => {
    await users.get(db, actor, id)
    return sendLines(reply, database, dataOf({ accountId: actor.accountId, id }), `user-${id}.ndjson`)
  })
}
