import {
  compareSimUsage,
  getSimUsage,
  getSimUsageSeries,
  getUsage,
  getUsageSeries,
  ingestUsage,
  listSimUsage,
} from '@mason/contract/usage'
import { compare } from '../device-usage/compare.ts'
import { envelope, sendPage } from '../http/page.ts'
import type { Router } from '../http/router.ts'
import { readRows, rowFormat } from '../http/stream-body.ts'
import { ingest } from './ingest.ts'
import { readJsonRecords } from './json-records.ts'
import { columns } from './record.ts'
import * as usage from './service.ts'

export function usageRoutes({ add }: Router): void {
  add(getUsage, async ({ db, actor, query }) => envelope(await usage.ofMonth(db, actor, query)))
  add(getUsageSeries, async ({ db, actor, query }) => envelope(await usage.ofDays(db, actor, query)))
  add(listSimUsage, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await usage.listOfSims(db, actor, query)),
  )
  add(getSimUsage, async ({ db, actor, params, query }) => envelope(await usage.ofSim(db, actor, params.iccid, query)))
  add(getSimUsageSeries, async ({ db, actor, params, query }) =>
    envelope(await usage.ofSimDays(db, actor, params.iccid, query)),
  )
  add(compareSimUsage, async ({ db, actor, params, query }) => envelope(await compare(db, actor, params.iccid, query)))
  add(ingestUsage, async ({ db, actor, request }) => {
    const format = rowFormat(request)
    const rows = format ? readRows(request, format, columns) : [await readJsonRecords(request)]
    return envelope(JSON.stringify(await ingest(db, actor, rows, format === 'csv')))
  })
}
