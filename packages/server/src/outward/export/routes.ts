import { createExport, getExport, getExportContent, listExports } from '@mason/contract/export'
import { sendContent } from '../../core/http/content.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import type { Router } from '../../core/http/router.ts'
import type { Task } from '../../core/jobs/queue.ts'
import type { Storage } from '../../core/storage/storage.ts'
import * as exports from './service.ts'

const contentTypes = { csv: 'text/csv; charset=utf-8; header=present', ndjson: 'application/x-ndjson' }

export function exportRoutes({ add }: Router, storage: Storage, task: Task<exports.ExportJob>): void {
  add(createExport, async ({ db, actor, body }) => envelope(await exports.create(db, actor, task, body)))
  add(listExports, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await exports.list(db, actor, query)),
  )
  add(getExport, async ({ db, actor, params }) => envelope(await exports.get(db, actor, params.id)))
  add(getExportContent, async ({ db, actor, params, request, reply }) => {
    const { kind, format, sha256, size } = await exports.getContent(db, actor, params.id)
    const filename = `${kind}-${params.id}.${format}`
    return sendContent(request, reply, storage.objects, { sha256, size, contentType: contentTypes[format], filename })
  })
}
