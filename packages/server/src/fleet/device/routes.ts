import { countDevices } from '@mason/contract/count'
import {
  deleteDevice,
  exportDeviceData,
  getDevice,
  getSummary,
  listDevices,
  listLocations,
  updateDevice,
} from '@mason/contract/device'
import { bulkDevices, importDevices } from '@mason/contract/job'
import { lookUpDevices } from '@mason/contract/lookup'
import type { JobKey } from '../../core/bulk/job.ts'
import type { Db } from '../../core/db/database.ts'
import type { Lanes } from '../../core/db/hot.ts'
import { sendLines } from '../../core/http/lines.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { openBody } from '../../core/http/rows/body.ts'
import type { Task } from '../../core/jobs/queue.ts'
import type { WakeUps } from '../wake-ups.ts'
import { bulk } from './bulk.ts'
import type { Reset } from './change.ts'
import { count } from './count.ts'
import { dataOf } from './data.ts'
import { importDevices as lineImport } from './import.ts'
import { list } from './list.ts'
import * as location from './location.ts'
import { lookUp } from './look-up.ts'
import { deviceReader } from './read.ts'
import * as devices from './service.ts'
import { summarize } from './summary.ts'

interface Options {
  database: Db
  lanes: Lanes
  wakeUps: WakeUps
  reset: Reset
  bulk: Task<JobKey>
  lines: Task<JobKey>
}

export function deviceRoutes(
  { add }: Router,
  { database, lanes: { points, pages }, wakeUps, reset, bulk: bulkTask, lines }: Options,
): void {
  const readDevice = deviceReader(points)
  add(listDevices, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await list(db, pages, actor, query)),
  )
  add(getDevice, async ({ actor, params }) => envelope(await devices.get(readDevice, actor, params.id)))
  add(updateDevice, async ({ db, actor, params, body }) =>
    envelope(await devices.change(db, reset, actor, params.id, body)),
  )
  add(deleteDevice, async ({ db, actor, params, query: { erase = false } }) =>
    envelope(await devices.remove(db, wakeUps, actor, params.id, erase)),
  )
  add(exportDeviceData, async ({ actor, params: { id }, reply }) => {
    await devices.get(readDevice, actor, id)
    return sendLines(reply, database, await dataOf(database, actor.accountId, id), `device-${id}.ndjson`)
  })
  add(countDevices, async ({ db, actor, query }) => envelope(JSON.stringify(await count(db, actor, query))))
  add(lookUpDevices, async ({ db, actor, body }) => envelope((await lookUp(db, actor, body.identifiers)).join(',')))
  add(bulkDevices, async ({ db, actor, body }) => envelope(await bulk(db, bulkTask, actor, body)))
  add(importDevices, async ({ db, actor, query, request }) =>
    envelope(await lineImport(db, lines, actor, await openBody(request, 'ndjson'), query.dryRun ?? false)),
  )
  add(listLocations, async ({ db, actor, params, query }) =>
    envelope((await location.listLocations(db, actor, params.id, query)).join(',')),
  )
  add(getSummary, async ({ db, actor }) => envelope(await summarize(db, actor)))
}
