import { buildVersion, createBuild, getBuild, listBuilds, type NewBuild } from '@mason/contract/project'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as builds from './build.ts'

export function buildRoutes({ add }: Router): void {
  add(listBuilds, async ({ db, actor, params, query, request, reply }) =>
    sendPage(request, reply, await builds.list(db, actor, params.name, query)),
  )
  add(getBuild, async ({ db, actor, params }) => envelope(await builds.get(db, actor, params.name, params.version)))
  const build = async (db: Db, actor: Actor, name: string, wanted: NewBuild) => {
    const { project, version } = await builds.start(db, actor, name, wanted)
    return envelope(await builds.get(db, actor, project, version))
  }
  add(createBuild, ({ db, actor, params, body }) => build(db, actor, params.name, body))
  add(buildVersion, ({ db, actor, params: { name, version } }) => build(db, actor, name, { version }))
}
