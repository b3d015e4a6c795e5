import { type Comparison, compare } from '../compare.ts'
import type { Context } from '../context.ts'
import type { Floor } from '../floor/server.ts'
import { measureLoad } from '../load.ts'
import { processesOf } from '../platform.ts'
import { pick } from '../random.ts'
import { getRequest } from '../request.ts'

/** A page of 100 devices from anywhere in the list. */
export function measurePage({ options, platform, fleet }: Context, floor: Floor): Promise<Comparison> {
  const starts = fleet.ids.slice(0, -101)
  const request = () => getRequest(`/v1/default/device?limit=100&after=${pick(starts)}`, platform.ownerKey)
  const measure = (port: number) => () => measureLoad({ port, connections: 16, seconds: options.seconds, request })
  return compare({
    path: 'Page of 100 devices',
    floorIs: 'the same server, 100 rows of stored text joined',
    target: 0.8,
    rounds: options.rounds,
    processes: { ...processesOf(platform), floor: { pid: floor.pid } },
    ours: measure(platform.port),
    floor: measure(floor.port),
  })
}
