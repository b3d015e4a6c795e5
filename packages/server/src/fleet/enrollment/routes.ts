import { createEnrollment, deleteEnrollment, enroll, getEnrollment, listEnrollments } from '@mason/contract/enrollment'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import type { WakeUps } from '../wake-ups.ts'
import { enroll as enrollDevice } from './join.ts'
import type { QrSettings } from './qr.ts'
import * as enrollments from './service.ts'

interface Options {
  wakeUps: WakeUps
  checkinSeconds: number
  /** Where devices connect by MQTT. */
  mqttUrl: () => string
  qr: () => QrSettings
}

export function enrollmentRoutes({ add }: Router, { wakeUps, checkinSeconds, mqttUrl, qr }: Options): void {
  add(listEnrollments, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await enrollments.list(db, actor, query)),
  )
  add(getEnrollment, async ({ db, actor, params }) => envelope(await enrollments.get(db, actor, params.id)))
  add(createEnrollment, async ({ db, actor, body }) => envelope(await enrollments.create(db, actor, body, qr())))
  add(deleteEnrollment, async ({ db, actor, params }) => envelope(await enrollments.remove(db, actor, params.id)))
  add(enroll, async ({ db, body }) => {
    const credential = await enrollDevice(db, wakeUps, body)
    return JSON.stringify({ ...credential, mqtt: { url: mqttUrl() }, checkinSeconds })
  })
}
