import { deleteDevice, getDevice, getSummary, listDevices, listLocations, updateDevice } from '@mason/contract/device'
import type { Lanes } from '../../core/db/hot.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import type { WakeUps } from '../wake-ups.ts'
import { list } from './list.ts'
import * as location from './location.ts'
import { deviceReader } from './read.ts'
import * as devices from './service.ts'
import { summarize } from './summary.ts'

interface Options {
  lanes: Lanes
  wakeUps: WakeUps
  reset: devices.Reset
}

export function deviceRoutes({ add }: Router, { lanes: { points, pages }, wakeUps, reset }: Options): void {
  const readDevice = deviceReader(points)
  add(listDevices, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await list(db, pages, actor, query)),
  )
  add(getDevice, async ({ actor, params }) => envelope(await devices.get(readDevice, actor, params.id)))
  add(updateDevice, async ({ db, actor, params, body }) =>
    envelope(await devices.change(db, reset, actor, params.id, body)),
  )
  add(deleteDevice, async ({ db, actor, params }) => envelope(await devices.remove(db, wakeUps, actor, params.id)))
  add(listLocations, async ({ db, actor, params, query }) => {
    const documents = await location.listLocations(db, actor, params.id, query)
    return `{"data":[${documents.join(',')}]}`
  })
  add(getSummary, async ({ db, actor }) => envelope(await summarize(db, actor)))
}
