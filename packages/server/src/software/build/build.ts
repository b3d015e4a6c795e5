import type { PageQuery } from '@mason/contract/common'
import type { Manifest, NewBuild } from '@mason/contract/project'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { buildLock } from '../../core/db/locks.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { actorDocument } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { readOne } from '../../core/http/read-one.ts'
import { enqueue, type Task } from '../../core/jobs/queue.ts'
import type { Config } from '../artifact/config.ts'
import { wholeNumber } from '../artifact/version.ts'
import * as projects from '../project/service.ts'

export async function list(db: Db, actor: Actor, project: string, query: PageQuery): Promise<Page> {
  if (!(await projects.exists(db, actor, project))) throw notFound('project')
  return readPage(
    db,
    {
      view: 'build_document',
      key: 'id',
      keyType: 'uuid',
      reach: actor,
      where: sql`AND project = ${project}`,
    },
    query,
  )
}

export function get(db: Db, actor: Actor, project: string, version: string): Promise<string> {
  return readOne(db, actor, 'build', 'build_document', { project, version })
}

/** How far a build is. */
export interface Job {
  submittedAt: number
  project: string
  version: string
  state: string
  errors: string[] | null
}

const job = sql`submitted_at AS "submittedAt", project, version, state, errors`

export async function findJob(db: Db, actor: Actor, submittedAt: string): Promise<Job> {
  const number = /^\d{1,15}$/.test(submittedAt) ? Number(submittedAt) : -1
  const { rows } = await db.query<Job>(
    sql`SELECT ${job} FROM build WHERE account_id = ${actor.accountId} AND submitted_at = ${number}`,
  )
  if (!rows[0]) throw notFound('build')
  return rows[0]
}

/** Asks for a build. There is one of each version: it is answered as it is, and tried again if it had failed. */
export async function start(db: Db, actor: Actor, project: string, wanted: NewBuild): Promise<Job> {
  const { masonVersion } = wanted
  return db.transaction(async (tx) => {
    if (!(await projects.exists(tx, actor, project))) throw notFound('project')
    const version = await resolve(tx, actor, project, wanted.version)
    // Builds that are asked for in the same millisecond get the ones after it, one account's builds after each other.
    await tx.query(sql`SELECT pg_advisory_xact_lock(${buildLock(actor.accountId)})`)
    const { rows: asked } = await tx.query<Job>(sql`
      INSERT INTO build AS b (account_id, id, project, version, mason_version, submitted_at, requested_by)
      SELECT ${actor.accountId}, ${uuidv7()}, ${project}, ${version}, ${masonVersion ?? null},
             greatest((extract(epoch FROM clock_timestamp()) * 1000)::bigint, max(submitted_at) + 1), ${actorDocument(actor)}
      FROM build WHERE account_id = ${actor.accountId}
      ON CONFLICT (account_id, project, version) DO UPDATE SET
        state = 'SUBMITTED', errors = NULL, finished_at = NULL, mason_version = excluded.mason_version,
        requested_by = excluded.requested_by
      WHERE b.state = 'FAILED'
      RETURNING ${job}`)
    if (asked[0]) await enqueue(tx, buildTask, { accountId: actor.accountId, project, version })
    const { rows } = await tx.query<Job>(
      sql`SELECT ${job} FROM build WHERE account_id = ${actor.accountId} AND project = ${project} AND version = ${version}`,
    )
    if (!rows[0]) throw notFound('build')
    return rows[0]
  })
}

/** The version that is meant; `latest` is the config that was registered last, as it is in a config. */
async function resolve(tx: Db, { accountId }: Actor, project: string, version: string): Promise<string> {
  if (version !== 'latest') return wholeNumber(version, 1)
  const [newest] = await find(tx, accountId, 'config', [{ name: project, version }])
  if (!newest) throw new AppError('not_found_error', `There is no config of the project ${project}: register one first`)
  return newest.version
}

interface Asked {
  accountId: string
  project: string
  version: string
}

/** Validates a config against the registry and fixes its manifest; done twice, the second does nothing. */
export const buildTask: Task<Asked> = {
  name: 'build',
  run: (database, asked) =>
    database.transaction(async (tx) => {
      const { accountId, project, version } = asked
      const { rows } = await tx.query<{ mason_version: string | null }>(sql`
        SELECT mason_version FROM build
        WHERE account_id = ${accountId} AND project = ${project} AND version = ${version} AND state = 'SUBMITTED'
        FOR UPDATE`)
      if (!rows[0]) return
      const { manifest, errors } = await compose(tx, asked, rows[0].mason_version)
      const isComplete = errors.length === 0
      await tx.query(sql`
        UPDATE build SET state = ${isComplete ? 'COMPLETED' : 'FAILED'}, finished_at = now(),
          errors = ${isComplete ? null : errors}, manifest = ${isComplete ? JSON.stringify(manifest) : null}
        WHERE account_id = ${accountId} AND project = ${project} AND version = ${version}`)
      await tx.query(sql`
        SELECT record_events(ARRAY[ROW(account_id, 'build.finished', requested_by,
                 jsonb_build_object('kind', 'build', 'id', project || '/' || version), NULL,
                 jsonb_strip_nulls(jsonb_build_object('state', state, 'errors', errors)))::new_event])
        FROM build WHERE account_id = ${accountId} AND project = ${project} AND version = ${version}`)
    }),
}

type Content = Manifest['apps'][number]

interface Found extends Content {
  facts: { type?: string } | null
}

async function compose(
  tx: Db,
  { accountId, project, version }: Asked,
  masonVersion: string | null,
): Promise<{ manifest: Manifest | undefined; errors: string[] }> {
  const [source] = await find(tx, accountId, 'config', [{ name: project, version }])
  if (!source) return { manifest: undefined, errors: [`The config ${project} version ${version} is not registered`] }
  const config = source.facts as Config
  const errors: string[] = []
  const apps = (config.apps ?? []).filter((app) => app !== null)
  const foundApps = await find(
    tx,
    accountId,
    'apk',
    apps.map((app) => ({ name: app.package_name, version: String(app.version_code) })),
  )
  for (const [index, app] of apps.entries())
    if (!foundApps[index]) errors.push(missing('app', app.package_name, app.version_code))
  const media = (['bootanimation', 'splash'] as const).flatMap((type) => {
    const named = config.media?.[type]
    return named ? [{ type, named }] : []
  })
  const foundMedia = await find(
    tx,
    accountId,
    'media',
    media.map(({ named }) => ({ name: named.name, version: String(named.version) })),
  )
  for (const [index, { type, named }] of media.entries()) {
    const found = foundMedia[index]
    if (!found) errors.push(missing(type, named.name, named.version))
    else if (found.facts?.type !== type)
      errors.push(`The ${type} ${named.name} is registered as a ${found.facts?.type}`)
  }
  const resolved = {
    ...config,
    os: { ...config.os, version },
    ...(config.apps && { apps: apps.map((app, index) => ({ ...app, version_code: versionOf(foundApps[index]) })) }),
    ...(config.media && {
      media: {
        ...config.media,
        ...Object.fromEntries(
          media.map(({ type, named }, index) => [type, { ...named, version: versionOf(foundMedia[index]) }]),
        ),
      },
    }),
  }
  const manifest: Manifest = {
    project,
    version,
    ...(masonVersion !== null && { masonVersion }),
    config: resolved,
    apps: foundApps.flatMap((found) => (found ? contentOf(found) : [])),
    media: foundMedia.flatMap((found, index) =>
      found ? { type: media[index]?.type ?? 'splash', ...contentOf(found) } : [],
    ),
  }
  return { manifest, errors }
}

const missing = (what: string, name: string, version: string | number) =>
  version === 'latest'
    ? `The ${what} ${name} is not registered`
    : `The ${what} ${name} version ${version} is not registered`

const versionOf = (found: Found | undefined) => Number(found?.version)
const contentOf = ({ name, version, sha256, size }: Found): Content => ({ name, version, sha256, size })

/** What is registered under these names, place by place; `latest` is what was registered last, as the CLI has it. */
async function find(
  tx: Db,
  accountId: string,
  type: string,
  wanted: { name: string; version: string }[],
): Promise<(Found | undefined)[]> {
  const { rows } = await tx.query<Found & { index: number }>(sql`
    SELECT w.index::int AS index, a.name, a.version, a.sha256, a.size, a.facts
    FROM unnest(${wanted.map(({ name }) => name)}::text[], ${wanted.map(({ version }) => version)}::text[])
      WITH ORDINALITY AS w (name, version, index)
    CROSS JOIN LATERAL (
      SELECT a.name, a.version, a.sha256, size, facts FROM artifact AS a JOIN storage_object USING (sha256)
      WHERE account_id = ${accountId} AND type = ${type} AND a.name = w.name
        AND (w.version = 'latest' OR a.version = w.version)
      ORDER BY id DESC LIMIT 1) AS a`)
  const found: (Found | undefined)[] = wanted.map(() => undefined)
  for (const { index, ...row } of rows) found[index - 1] = row
  return found
}
