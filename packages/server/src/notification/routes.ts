import {
  cancelBatch,
  cancelNotification,
  getBatch,
  getNotification,
  listNotifications,
  notifyDevice,
  notifyDevices,
} from '@mason/contract/notification'
import { envelope, sendPage } from '../http/page.ts'
import type { Router } from '../http/router.ts'
import type { Nudge } from '../nudge.ts'
import * as notifications from './service.ts'

export function notificationRoutes({ add }: Router, nudge: Nudge): void {
  add(notifyDevice, async ({ db, actor, params, body }) =>
    envelope(await notifications.notify(db, nudge, actor, params.id, body)),
  )
  add(notifyDevices, async ({ db, actor, body }) => envelope(await notifications.notifyMany(db, nudge, actor, body)))
  add(listNotifications, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await notifications.list(db, actor, query)),
  )
  add(getNotification, async ({ db, actor, params }) => envelope(await notifications.get(db, actor, params.id)))
  add(cancelNotification, async ({ db, actor, params }) => envelope(await notifications.cancel(db, actor, params.id)))
  add(getBatch, async ({ db, actor, params }) => envelope(await notifications.getBatch(db, actor, params.id)))
  add(cancelBatch, async ({ db, actor, params }) => envelope(await notifications.cancelBatch(db, actor, params.id)))
}
