import {
  compareSimUsage,
  getSimUsage,
  getSimUsageSeries,
  getUsage,
  getUsageSeries,
  ingestUsage,
  listSimUsage,
  type UsageIngest,
} from '@mason/contract/usage'
import { compare } from '../device-usage/compare.ts'
import { envelope, sendPage } from '../http/page.ts'
import type { Router } from '../http/router.ts'
import { openBody } from '../http/rows/body.ts'
import { localReader } from '../http/rows/local-time.ts'
import { openRows } from '../http/rows/read.ts'
import { dryWriter } from './dry-run.ts'
import { ingest } from './ingest.ts'
import { readJsonRecords } from './json-records.ts'
import { columns } from './record.ts'
import * as usage from './service.ts'
import { type WriteBatch, writeBatch } from './write.ts'

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
  add(ingestUsage, async ({ db, actor: { accountId }, query: { dryRun = false, timezone }, request }) => {
    const readLocal = localReader(timezone)
    const body = await openBody(request, 'json')
    const rows = body.form === 'json' ? await readJsonRecords(body.pieces) : await openRows(body, columns)
    const write: WriteBatch = (lines, expected) => writeBatch(db, accountId, lines, expected)
    const outcome = await ingest(dryRun ? dryWriter(db, accountId) : write, rows, {
      isText: body.form === 'csv',
      readLocal,
    })
    return envelope(JSON.stringify({ ...outcome, ...(dryRun && { dryRun }) } satisfies UsageIngest))
  })
}
