import {
  cancelBatch,
  cancelNotification,
  getBatch,
  getNotification,
  listBatches,
  listNotifications,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as batches from './batch.ts'
import * as notifications from './service.ts'

export function notificationRoutes({ add }: Router, work: batches.BatchWork): void {
  add(notifyDevice, async ({ db, actor, params, body }) =>
    envelope(await notifications.notify(db, work.wakeUps, actor, params.id, body)),
  )
  add(notifyDevices, async ({ db, actor, body }) => envelope(await batches.notifyMany(db, work, actor, body)))
  add(listNotifications, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await notifications.list(db, actor, query)),
  )
  add(getNotification, async ({ db, actor, params }) => envelope(await notifications.get(db, actor, params.id)))
  add(cancelNotification, async ({ db, actor, params }) => envelope(await notifications.cancel(db, actor, params.id)))
  add(listBatches, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await batches.listBatches(db, actor, query)),
  )
  add(getBatch, async ({ db, actor, params }) => envelope(await batches.getBatch(db, actor, params.id)))
  add(cancelBatch, async ({ db, actor, params }) => envelope(await batches.cancelBatch(db, actor, params.id)))
}
