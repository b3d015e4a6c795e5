import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, Fleet } from './common.ts'
import { deviceFilters } from './device.ts'
import { route } from './route.ts'

export const Count = T.Object(
  {
    count: T.Integer({ minimum: 0 }),
    exact: T.Boolean({ description: 'false: an estimate, because to count would have taken too long' }),
  },
  { title: 'Count' },
)
export type Count = Static<typeof Count>

export const countDescription =
  'The filters are those of the list. Without an exact answer within a second it is an estimate.'

export const countDevices = route({
  method: 'GET',
  url: '/v1/:fleet/device/count',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: {
    operationId: 'countDevices',
    summary: 'Count the devices that match',
    description: countDescription,
    tags: ['Devices'],
    params: Fleet,
    querystring: T.Object(deviceFilters),
    response: answers(Count),
  },
})
