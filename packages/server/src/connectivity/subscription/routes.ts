import {
  changeSubscription,
  forecastSubscription,
  getSubscription,
  listSubscriptionHistory,
} from '@mason/contract/subscription'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { forecast } from './forecast.ts'
import * as subscriptions from './service.ts'

export function subscriptionRoutes({ add }: Router): void {
  add(getSubscription, ({ db, actor }) => subscriptions.get(db, actor))
  add(changeSubscription, async ({ db, actor, body }) => envelope(await subscriptions.change(db, actor, body)))
  add(listSubscriptionHistory, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await subscriptions.history(db, actor, query)),
  )
  add(forecastSubscription, async ({ db, actor }) => envelope(await forecast(db, actor)))
}
