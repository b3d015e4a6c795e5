import { createProject, getProject, listProjects } from '@mason/contract/project'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as projects from './service.ts'

export function projectRoutes({ add }: Router): void {
  add(listProjects, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await projects.list(db, actor, query)),
  )
  add(getProject, async ({ db, actor, params }) => envelope(await projects.get(db, actor, params.name)))
  add(createProject, async ({ db, actor, body }) => envelope(await projects.create(db, actor, body)))
}
