import {
  type CliArtifact,
  deployByCli,
  getCliArtifact,
  getCliBuild,
  getCliEndpoints,
  getLatestCliVersion,
  getSignedUrl,
  listCliArtifacts,
  listCliProjects,
  registerCliArtifact,
  startCliBuild,
} from '@mason/contract/official-cli'
import sql from 'sql-template-tag'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import type { Router } from '../../core/http/router.ts'
import { register } from '../artifact/register.ts'
import { allVersions, get } from '../artifact/service.ts'
import { offerUpload, readContentMd5, type Uploads } from '../artifact/upload.ts'
import * as builds from '../build/build.ts'
import type { Advance } from '../deployment/running.ts'
import { create as deploy } from '../deployment/service.ts'
import * as projects from '../project/service.ts'
import { endpointsFile, latestVersion, originOf } from './links.ts'

interface Options {
  uploads: Uploads
  advance: Advance
  /** `PUBLIC_URL`, where it is set. */
  configuredUrl: string | undefined
}

/** What the public `mason` command calls (docs/contract.md §8); its answers are bare. */
export function officialCliRoutes({ add }: Router, { uploads, advance, configuredUrl }: Options): void {
  add(getCliEndpoints, ({ request, reply }) => {
    reply.header('content-type', 'application/yaml; charset=utf-8')
    return endpointsFile(originOf(request, configuredUrl))
  })
  add(getLatestCliVersion, ({ reply }) => {
    reply.header('content-type', 'text/plain; charset=utf-8')
    return latestVersion
  })
  add(listCliProjects, async ({ db, actor, params }) => {
    await requireOwn(db, actor, params.customer)
    return JSON.stringify((await projects.names(db, actor)).map((name) => ({ name })))
  })
  add(getSignedUrl, async ({ db, actor, params, query, request }) => {
    await requireOwn(db, actor, params.customer)
    const md5 = readContentMd5(request.headers['content-md5'])
    const { uploadUrl, url } = offerUpload(uploads, actor, { type: query.type, md5 })
    return JSON.stringify({ signed_request: uploadUrl, url })
  })
  add(registerCliArtifact, async ({ db, actor, params, body }) => {
    await requireOwn(db, actor, params.customer)
    return register(db, actor, toRegistration(body))
  })
  add(listCliArtifacts, async ({ db, actor, params }) => {
    await requireOwn(db, actor, params.customer)
    return `[${(await allVersions(db, actor, params.type, params.name)).join(',')}]`
  })
  add(getCliArtifact, async ({ db, actor, params }) => {
    await requireOwn(db, actor, params.customer)
    return (await get(db, actor, params)).document
  })
  add(startCliBuild, async ({ db, actor, params, body: { project, version, masonVersion } }) => {
    await requireOwn(db, actor, params.customer)
    const input = { version: String(version), ...(masonVersion !== undefined && { masonVersion }) }
    return jobAnswer(await builds.start(db, actor, project, input))
  })
  add(getCliBuild, async ({ db, actor, params }) => {
    await requireOwn(db, actor, params.customer)
    const job = await builds.findJob(db, actor, params.submittedAt)
    if (job.state === 'FAILED')
      throw new AppError(
        'invalid_request_error',
        `The build of ${job.project} version ${job.version} failed: ${(job.errors ?? []).join('; ')}`,
      )
    return jobAnswer(job)
  })
  add(deployByCli, async ({ db, actor, body: { customer, group, name, version, type, push = false } }) => {
    if (customer !== undefined) await requireOwn(db, actor, customer)
    return deploy(db, advance, actor, { group, name, version: String(version), type, push })
  })
}

/** A customer is the account that calls; any other is as unknown as one that is none. */
async function requireOwn(db: Db, actor: Actor, customer: string): Promise<void> {
  const { rowCount } = await db.query(sql`SELECT FROM account WHERE id = ${actor.accountId} AND name = ${customer}`)
  if (rowCount === 0) throw notFound('customer')
}

const toRegistration = ({ name, version, url, type, checksum, apk, media }: CliArtifact) => ({
  name,
  version: String(version),
  url,
  type,
  sha1: checksum.sha1,
  ...(apk && { apk }),
  ...(media && { mediaType: media.type }),
})

const jobAnswer = ({ submittedAt, state }: builds.Job) => JSON.stringify({ data: { submittedAt, status: state } })
