import { type Comparison, compare } from '../compare.ts'
import type { Context } from '../context.ts'
import type { Floor } from '../floor/server.ts'
import { measureLoad } from '../load.ts'
import { processesOf } from '../platform.ts'
import { pick } from '../random.ts'
import { getRequest } from '../request.ts'

/** `GET /v1/default/device/{id}` of random devices, the key checked. */
export function measureRead({ options, platform, fleet }: Context, floor: Floor): Promise<Comparison> {
  const request = () => getRequest(`/v1/default/device/${pick(fleet.ids)}`, platform.ownerKey)
  const measure = (port: number) => () => measureLoad({ port, connections: 64, seconds: options.seconds, request })
  return compare({
    path: 'Read a device',
    floorIs: 'node:http, one prepared select of stored text, pipelined',
    target: 0.8,
    rounds: options.rounds,
    processes: { ...processesOf(platform), floor: { pid: floor.pid } },
    ours: measure(platform.port),
    floor: measure(floor.port),
  })
}
