import { countAlerts, getAlert, listAlerts, updateAlert } from '@mason/contract/alert'
import {
  createAlertRule,
  deleteAlertRule,
  getAlertRule,
  listAlertRules,
  previewAlertRule,
  updateAlertRule,
} from '@mason/contract/alert-rule'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import * as alerts from './alert-service.ts'
import * as rules from './rule-service.ts'

export function alertRoutes({ add }: Router): void {
  add(listAlerts, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await alerts.list(db, actor, query)),
  )
  add(countAlerts, async ({ db, actor }) => envelope(await alerts.count(db, actor)))
  add(getAlert, async ({ db, actor, params }) => envelope(await alerts.get(db, actor, params.id)))
  add(updateAlert, async ({ db, actor, params, body }) => envelope(await alerts.change(db, actor, params.id, body)))

  add(listAlertRules, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await rules.list(db, actor, query)),
  )
  add(createAlertRule, async ({ db, actor, body }) => envelope(await rules.create(db, actor, body)))
  add(previewAlertRule, async ({ db, actor, body }) => envelope(await rules.preview(db, actor, body)))
  add(getAlertRule, async ({ db, actor, params }) => envelope(await rules.get(db, actor, params.id)))
  add(updateAlertRule, async ({ db, actor, params, body }) => envelope(await rules.change(db, actor, params.id, body)))
  add(deleteAlertRule, async ({ db, actor, params }) => envelope(await rules.remove(db, actor, params.id)))
}
