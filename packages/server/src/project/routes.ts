import {
  buildVersion,
  createBuild,
  createProject,
  getBuild,
  getProject,
  listBuilds,
  listProjects,
  type NewBuild,
} from '@mason/contract/project'
import type { Actor } from '../actor.ts'
import type { Db } from '../db/database.ts'
import { envelope, sendPage } from '../http/page.ts'
import type { Router } from '../http/router.ts'
import * as builds from './build.ts'
import * as projects from './service.ts'

export function projectRoutes({ add }: Router): void {
  add(listProjects, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await projects.list(db, actor, query)),
  )
  add(getProject, async ({ db, actor, params }) => envelope(await projects.get(db, actor, params.name)))
  add(createProject, async ({ db, actor, body }) => envelope(await projects.create(db, actor, body)))
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
