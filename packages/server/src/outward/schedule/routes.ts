import { createSchedule, deleteSchedule, getSchedule, listSchedules, updateSchedule } from '@mason/contract/schedule'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as schedules from './service.ts'

export function scheduleRoutes({ add }: Router): void {
  add(listSchedules, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await schedules.list(db, actor, query)),
  )
  add(createSchedule, async ({ db, actor, body }) => envelope(await schedules.create(db, actor, body)))
  add(getSchedule, async ({ db, actor, params }) => envelope(await schedules.get(db, actor, params.id)))
  add(updateSchedule, async ({ db, actor, params, body }) =>
    envelope(await schedules.change(db, actor, params.id, body)),
  )
  add(deleteSchedule, async ({ db, actor, params }) => envelope(await schedules.remove(db, actor, params.id)))
}
