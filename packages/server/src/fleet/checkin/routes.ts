import { checkin } from '@mason/contract/checkin'
import type { VerifiedDevice } from '../../access/credential/device-credentials.ts'
import type { LenientJson } from '../../core/http/body.ts'
import type { Router } from '../../core/http/router.ts'
import { readSent } from './sent-report.ts'
import type { Checkins } from './service.ts'

export function checkinRoutes({ add }: Router, { accept }: Checkins): void {
  add(checkin, async ({ actor, request }) => {
    const report = readSent(request.body as LenientJson | undefined)
    return JSON.stringify(await accept(actor as VerifiedDevice, report, { isConnected: false, isRepeat: false }))
  })
}
