import {
  createCarrier,
  deleteCarrier,
  getCarrier,
  listCarriers,
  syncCarrier,
  testCarrier,
  updateCarrier,
} from '@mason/contract/carrier'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as carriers from './service.ts'

export function carrierRoutes({ add }: Router, needs: carriers.Needs): void {
  add(listCarriers, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await carriers.list(db, actor, query)),
  )
  add(createCarrier, async ({ db, actor, body }) => envelope(await carriers.create(db, needs, actor, body)))
  add(getCarrier, async ({ db, actor, params }) => envelope(await carriers.get(db, needs, actor, params.name)))
  add(updateCarrier, async ({ db, actor, params, body }) =>
    envelope(await carriers.change(db, needs, actor, params.name, body)),
  )
  add(deleteCarrier, async ({ db, actor, params }) => envelope(await carriers.remove(db, actor, params.name)))
  add(syncCarrier, async ({ db, actor, params }) => envelope(await carriers.askForSync(db, needs, actor, params.name)))
  add(testCarrier, async ({ db, actor, params }) =>
    envelope(JSON.stringify(await carriers.test(db, needs, actor, params.name))),
  )
}
