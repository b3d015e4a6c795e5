import {
  createWebhook,
  deleteWebhook,
  getWebhook,
  getWebhookDelivery,
  listWebhookDeliveries,
  listWebhooks,
  replayWebhook,
  replayWebhookDelivery,
  rotateWebhook,
  testWebhook,
  updateWebhook,
} from '@mason/contract/webhook'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as deliveries from './deliveries.ts'
import * as webhooks from './service.ts'

export function webhookRoutes({ add }: Router, needs: webhooks.Needs): void {
  add(listWebhooks, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await webhooks.list(db, actor, query)),
  )
  add(createWebhook, async ({ db, actor, body }) => envelope(await webhooks.create(db, needs, actor, body)))
  add(getWebhook, async ({ db, actor, params }) => envelope(await webhooks.get(db, actor, params.id)))
  add(updateWebhook, async ({ db, actor, params, body }) =>
    envelope(await webhooks.change(db, needs, actor, params.id, body)),
  )
  add(deleteWebhook, async ({ db, actor, params }) => envelope(await webhooks.remove(db, actor, params.id)))
  add(rotateWebhook, async ({ db, actor, params }) =>
    envelope(await webhooks.rotate(db, needs.sealer, actor, params.id)),
  )
  add(testWebhook, async ({ db, actor, params }) => envelope(await deliveries.test(db, actor, params.id)))
  add(replayWebhook, async ({ db, actor, params, body }) =>
    envelope(await deliveries.replayAll(db, actor, params.id, body)),
  )
  add(listWebhookDeliveries, async ({ db, actor, params, query, request, reply }) =>
    sendPage(request, reply, await deliveries.list(db, actor, params.id, query)),
  )
  add(getWebhookDelivery, async ({ db, actor, params }) => envelope(await deliveries.get(db, actor, params.id)))
  add(replayWebhookDelivery, async ({ db, actor, params }) =>
    envelope(await deliveries.replayOne(db, actor, params.id)),
  )
}
