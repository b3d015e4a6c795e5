import type { Readable } from 'node:stream'
import {
  createArtifact,
  createUpload,
  getArtifact,
  getArtifactContent,
  listArtifacts,
  listVersions,
} from '@mason/contract/artifact'
import { bare } from '@mason/contract/common'
import { route } from '@mason/contract/route'
import T from 'typebox'
import type { Actor } from '../../core/actor.ts'
import type { Database, Db } from '../../core/db/database.ts'
import { notFound } from '../../core/errors.ts'
import { sendContent } from '../../core/http/content.ts'
import { envelope, sendPage } from '../../core/http/page.ts'
import { urlOf } from '../../core/http/request.ts'
import type { Router } from '../../core/http/router.ts'
import { register } from './register.ts'
import * as artifacts from './service.ts'
import { findSignedFile, getSignedFile } from './signed-file.ts'
import { offerUpload, readContentMd5, receiveUpload, type Uploads } from './upload.ts'

const contentTypes: Readonly<Record<string, string>> = {
  apk: 'application/vnd.android.package-archive',
  config: 'application/yaml',
}

/** Where signed upload URLs lead; who has one needs to know nothing else. */
const putUpload = route({
  method: 'PUT',
  url: '/upload/:id',
  config: { scope: 'public', isStreamed: true },
  schema: {
    operationId: 'putUpload',
    summary: 'Upload bytes to a signed URL',
    description: 'A body of any Content-Type or none; the signature in the query is the credential.',
    tags: ['Registry'],
    params: T.Object({ id: T.String() }),
    response: bare(T.Unknown()),
  },
})

export interface ArtifactOptions {
  database: Database
  uploads: Uploads
  /** Whether a device may download this: it was told to have it. */
  isToHave(db: Db, actor: Actor, key: artifacts.ArtifactKey): Promise<boolean>
}

export function artifactRoutes({ add }: Router, { database, uploads, isToHave }: ArtifactOptions): void {
  add(listArtifacts, async ({ db, actor, query, request, reply }) =>
    sendPage(request, reply, await artifacts.list(db, actor, query)),
  )
  add(listVersions, async ({ db, actor, params, query, request, reply }) =>
    sendPage(request, reply, await artifacts.listVersions(db, actor, params, query)),
  )
  add(getArtifact, async ({ db, actor, params }) => envelope((await artifacts.get(db, actor, params)).document))
  add(getArtifactContent, async ({ db, actor, params, request, reply }) => {
    if (actor.kind === 'device' && !(await isToHave(db, actor, params))) throw notFound('artifact')
    const { sha256, size } = await artifacts.get(db, actor, params)
    const contentType = contentTypes[params.type] ?? 'application/octet-stream'
    const filename = `${params.name}-${params.version}`
    return sendContent(request, reply, uploads.storage.objects, { sha256, size, contentType, filename })
  })
  add(getSignedFile, async ({ params, request, reply }) => {
    const file = await findSignedFile(database, uploads.signer, request.method, params)
    const contentType = params.name.endsWith('.apk') ? contentTypes.apk : undefined
    const described = { ...file, contentType: contentType ?? 'application/octet-stream', filename: params.name }
    return sendContent(request, reply, uploads.storage.objects, described)
  })
  add(createUpload, ({ actor, body }) => envelope(JSON.stringify(offerUpload(uploads, actor, body))))
  add(putUpload, async ({ request }) => {
    const { method, headers } = request
    const md5 = readContentMd5(headers['content-md5'])
    const { size, ...checksum } = await receiveUpload(database, uploads, {
      method,
      url: urlOf(request),
      source: request.body as Readable,
      md5,
      announced: headers['content-length'] === undefined ? undefined : Number(headers['content-length']),
    })
    return envelope(JSON.stringify({ size, checksum }))
  })
  add(createArtifact, async ({ db, actor, body }) => envelope(await register(db, actor, body)))
}
