import {
  createDeployment,
  getDeployment,
  listDeploymentDevices,
  listDeployments,
  updateDeployment,
} from '@mason/contract/deployment'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import type { Advance } from './running.ts'
import * as deployments from './service.ts'

export function deploymentRoutes({ add }: Router, advance: Advance): void {
  add(listDeployments, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await deployments.list(db, actor, query)),
  )
  add(getDeployment, async ({ db, actor, params }) => envelope(await deployments.get(db, actor, params.id)))
  add(listDeploymentDevices, async ({ db, actor, params, query, request, reply }) =>
    sendPage(request, reply, await deployments.listDevices(db, actor, params.id, query)),
  )
  add(createDeployment, async ({ db, actor, body }) => envelope(await deployments.create(db, advance, actor, body)))
  add(updateDeployment, async ({ db, actor, params, body }) =>
    envelope(await deployments.change(db, advance, actor, params.id, body)),
  )
}
