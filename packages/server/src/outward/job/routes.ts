import { cancelJob, getJob, getRejected, listJobs } from '@mason/contract/job'
import { attachment } from '../../core/http/content.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import { rejected } from './rejected.ts'
import * as jobs from './service.ts'

export function jobRoutes({ add }: Router): void {
  add(listJobs, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await jobs.list(db, actor, query)),
  )
  add(getJob, async ({ db, actor, params }) => envelope((await jobs.find(db, actor, params.id)).document))
  add(cancelJob, async ({ db, actor, params }) => envelope(await jobs.cancel(db, actor, params.id)))
  add(getRejected, async ({ db, actor, params, reply }) => {
    const rows = await rejected(db, actor, params.id)
    reply.headers({
      'content-type': 'text/csv; charset=utf-8; header=present',
      'content-disposition': attachment(`rejected-${params.id}.csv`),
      'x-content-type-options': 'nosniff',
    })
    return rows
  })
}
