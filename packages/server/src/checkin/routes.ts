import { checkin } from '@mason/contract/checkin'
import type { Router } from '../http/router.ts'
import type { VerifiedDevice } from './credentials.ts'
import type { Checkins } from './service.ts'

export function checkinRoutes({ add }: Router, { accept }: Checkins): void {
  add(checkin, async ({ actor, body }) =>
    JSON.stringify(await accept(actor as VerifiedDevice, body, { isConnected: false })),
  )
}
