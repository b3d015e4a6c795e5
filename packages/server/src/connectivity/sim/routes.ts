import { bulkSims } from '@mason/contract/job'
import { deleteMarker, getSim, importSims, listSims, putMarker, registerSim, updateSim } from '@mason/contract/sim'
import { countSims } from '@mason/contract/sim-count'
import { countMatches } from '../../core/filter/count.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { openBody } from '../../core/http/rows/body.ts'
import { localReader } from '../../core/http/rows/local-time.ts'
import { bulk, bulkTask } from './bulk.ts'
import * as imports from './import.ts'
import * as markers from './mark.ts'
import { register } from './register.ts'
import * as sims from './service.ts'

export function simRoutes({ add }: Router): void {
  add(listSims, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await sims.list(db, actor, query)),
  )
  add(countSims, async ({ db, actor, query }) =>
    envelope(JSON.stringify(await countMatches(db, 'sim', actor, sims.filter(actor.accountId, query)))),
  )
  add(getSim, async ({ db, actor, params }) => envelope(await sims.get(db, actor, params.iccid)))
  add(registerSim, async ({ db, actor, body }) => envelope(await register(db, actor, body)))
  add(importSims, async ({ db, actor, query: { dryRun = false, timezone }, request }) => {
    // No column of it is a time; a zone that is unknown is a mistake all the same.
    localReader(timezone)
    return envelope(await imports.importSims(db, actor, await openBody(request, 'ndjson'), dryRun))
  })
  add(bulkSims, async ({ db, actor, body }) => envelope(await bulk(db, bulkTask, actor, body)))
  add(updateSim, async ({ db, actor, params, body }) => envelope(await sims.change(db, actor, params.iccid, body)))
  add(putMarker, async ({ db, actor, params, body }) =>
    envelope(await markers.put(db, actor, params.iccid, params.key, body.value)),
  )
  add(deleteMarker, async ({ db, actor, params }) =>
    envelope(await markers.remove(db, actor, params.iccid, params.key)),
  )
}
