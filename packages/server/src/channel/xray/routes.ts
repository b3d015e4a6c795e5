import { route } from '@mason/contract/route'
import T from 'typebox'
import type { HotReads } from '../../core/db/hot.ts'
import { AppError } from '../../core/errors.ts'
import type { Router } from '../../core/http/router.ts'
import { deviceReader } from '../../fleet/device/read.ts'
import { get } from '../../fleet/device/service.ts'

/** Not in the contract's list before it does something. */
const openXray = route({
  method: 'GET',
  url: '/v1/global/xray/:id/:service',
  config: { scope: 'xray:admin' },
  schema: {
    operationId: 'openXray',
    summary: 'Reach the adb or VNC port of a device over WebSocket',
    tags: ['X-Ray'],
    params: T.Object({ id: T.String(), service: T.Enum(['adb', 'vnc']) }),
    response: {},
  },
})

/** No device offers X-Ray yet: clients are told so before the upgrade. */
export function xrayRoutes({ add }: Router, points: HotReads): void {
  const readDevice = deviceReader(points)
  add(openXray, async ({ actor, params }) => {
    await get(readDevice, actor, params.id)
    throw new AppError('not_found_error', 'This device does not offer X-Ray', { status: 410 })
  })
}
