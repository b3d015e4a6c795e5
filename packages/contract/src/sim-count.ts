import * as T from 'typebox'
import { answers, Fleet } from './common.ts'
import { Count, countDescription } from './count.ts'
import { route } from './route.ts'
import { simFilters } from './sim.ts'

export const countSims = route({
  method: 'GET',
  url: '/v1/:fleet/sim/count',
  config: { scope: 'connect:read', reach: 'groups' },
  schema: {
    operationId: 'countSims',
    summary: 'Count the SIMs that match',
    description: countDescription,
    tags: ['SIMs'],
    params: Fleet,
    querystring: T.Object(simFilters),
    response: answers(Count),
  },
})
