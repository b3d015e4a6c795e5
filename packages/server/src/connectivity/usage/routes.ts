import {
  getSimUsage,
  getSimUsageSeries,
  getUsage,
  getUsageSeries,
  ingestUsage,
  listSimUsage,
  type UsageIngest,
} from '@mason/contract/usage'
import type { Metrics } from '../../core/http/metrics.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { openBody } from '../../core/http/rows/body.ts'
import { localReader } from '../../core/http/rows/local-time.ts'
import { openRows } from '../../core/http/rows/read.ts'
import { dryWriter } from './dry-run.ts'
import { ingest } from './ingest.ts'
import { readJsonRecords } from './json-records.ts'
import { columns } from './record.ts'
import * as usage from './service.ts'
import { type WriteBatch, writeBatch } from './write.ts'

export function usageRoutes({ add }: Router, metrics: Pick<Metrics, 'usageRecords'>): void {
  add(getUsage, async ({ db, actor, query }) => envelope(await usage.ofMonth(db, actor, query)))
  add(getUsageSeries, async ({ db, actor, query }) => envelope(await usage.ofDays(db, actor, query)))
  add(listSimUsage, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await usage.listOfSims(db, actor, query)),
  )
  add(getSimUsage, async ({ db, actor, params, query }) => envelope(await usage.ofSim(db, actor, params.iccid, query)))
  add(getSimUsageSeries, async ({ db, actor, params, query }) =>
    envelope(await usage.ofSimDays(db, actor, params.iccid, query)),
  )
  add(ingestUsage, async ({ db, actor: { accountId }, query: { dryRun = false, timezone }, request }) => {
    const readLocal = localReader(timezone)
    const body = await openBody(request, 'json')
    const rows = body.form === 'json' ? await readJsonRecords(body.pieces) : await openRows(body, columns)
    const write: WriteBatch = async (lines, expected) => {
      const written = await writeBatch(db, accountId, lines, expected)
      metrics.usageRecords.inc(written.accepted)
      return written
    }
    const outcome = await ingest(dryRun ? dryWriter(db, accountId) : write, rows, {
      isText: body.form === 'csv',
      readLocal,
    })
    return envelope(JSON.stringify({ ...outcome, ...(dryRun && { dryRun }) } satisfies UsageIngest))
  })
}
