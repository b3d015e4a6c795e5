import {
  type ArtifactType,
  artifactNamePattern,
  artifactVersionPattern,
  type MediaType,
  type NewArtifact,
  scrcpyServerName,
} from '@mason/contract/artifact'
import sql from 'sql-template-tag'
import { v7 as uuidv7 } from 'uuid'
import type { Actor } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, type Fault, invalid } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { isUuid } from '../../core/http/validation.ts'
import { exists as projectExists } from '../project/service.ts'
import type { ApkFacts } from './apk/inspect.ts'
import type { Config } from './config.ts'
import { get } from './service.ts'
import { scrcpyVersion, wholeNumber } from './version.ts'

/** What the sender says that an app says; each must be what the bytes say. */
type ApkClaims = Partial<Record<'packageName' | 'versionCode' | 'versionName', string | number | null>>

type Registration = NewArtifact & { apk?: ApkClaims | undefined }

/** The name under which updates of Mason OS are deployed. */
export const otaName = 'mason-os'

/**
 * Registers uploaded bytes as a version of an artifact, for ever.
 *
 * @throws AppError when the bytes are not what they are said to be, or the version is taken.
 */
export async function register(db: Db, actor: Actor, input: Registration): Promise<string> {
  return db.transaction(async (tx) => {
    const upload = await findUpload(tx, actor, input)
    const { name, version } = identify(upload, input)
    refuseOddNames(name, version)
    if (input.type === 'config' && !(await projectExists(tx, actor, name))) throw unknownProject(name)
    const { rowCount } = await tx.query(sql`
      INSERT INTO artifact (account_id, id, type, name, version, sha256, facts)
      VALUES (${actor.accountId}, ${uuidv7()}, ${input.type}, ${name}, ${version}, ${upload.sha256},
              ${upload.facts && JSON.stringify(upload.facts)})
      ON CONFLICT (account_id, type, name, version) DO NOTHING`)
    if (rowCount === 0)
      throw new AppError('conflict_error', `The ${input.type} ${name} version ${version} already exists`)
    const subject = { kind: 'artifact', id: `${input.type}/${name}/${version}` }
    await record(tx, actor, { type: 'artifact.registered', subject, data: { sha256: upload.sha256 } })
    return (await get(tx, actor, { type: input.type, name, version })).document
  })
}

/** The CLI knows by the code that there is no such project, and takes its name from the sentence. */
const unknownProject = (name: string) => {
  const message = `The project ${name} was not found`
  return new AppError('not_found_error', message, { itemized: [{ code: '8f92ccpl', message }] })
}

interface Upload {
  type: ArtifactType
  sha256: string
  sha1: string
  facts: object | null
  refusal: { message: string; faults: Fault[] } | null
}

async function findUpload(tx: Db, actor: Actor, { url, type, sha1, sha256 }: NewArtifact): Promise<Upload> {
  const id = (URL.canParse(url) ? new URL(url).pathname : url).split('/').at(-1) ?? ''
  const { rows } = await tx.query<Upload>(sql`
    SELECT type, u.sha256, sha1, facts, refusal FROM upload AS u JOIN storage_object USING (sha256)
    WHERE account_id = ${actor.accountId} AND id = ${isUuid(id) ? id : null}`)
  const [upload] = rows
  if (!upload) throw invalid('/url', 'names no bytes that were uploaded to this account within the last day')
  if (sha1 !== undefined && sha1.toLowerCase() !== upload.sha1)
    throw new AppError('invalid_request_error', `The SHA-1 of the uploaded bytes is ${upload.sha1}, not ${sha1}`)
  if (sha256 !== undefined && sha256 !== upload.sha256)
    throw new AppError('invalid_request_error', `The SHA-256 of the uploaded bytes is ${upload.sha256}, not ${sha256}`)
  if (upload.type !== type) throw invalid('/type', `must be ${upload.type}, for which the upload was signed`)
  if (upload.refusal)
    throw new AppError('invalid_request_error', upload.refusal.message, { faults: upload.refusal.faults })
  return upload
}

const artifactName = new RegExp(artifactNamePattern)
const artifactVersion = new RegExp(artifactVersionPattern)

/** Whoever says the name, the sender or the bytes: it has to stand in a path, and `latest` means another version each day. */
function refuseOddNames(name: string, version: string): void {
  if (!artifactName.test(name)) throw invalid('/name', `is ${JSON.stringify(name)}, which is no name for an artifact`)
  if (!artifactVersion.test(version) || version === 'latest')
    throw invalid('/version', `is ${JSON.stringify(version)}, which is no name for a version`)
}

/** Name and version as the bytes say, or, where these say none, as the sender does. */
function identify({ type, facts }: Upload, input: Registration): { name: string; version: string } {
  if (type === 'apk') return identifyApk(facts as ApkFacts, input)
  if (type === 'config') return identifyConfig(facts as Config, input)
  const { name = type === 'ota' ? otaName : undefined, version, mediaType } = input
  if (name === undefined) throw invalid('/name', 'is required')
  if (version === undefined) throw invalid('/version', 'is required')
  if (type === 'ota') {
    if (name !== otaName) throw invalid('/name', `must be ${otaName}`)
    return { name, version }
  }
  const found = (facts as { type: MediaType }).type
  if (mediaType !== undefined && mediaType !== found)
    throw new AppError('invalid_request_error', `The uploaded bytes are no ${mediaType}; they are a ${found}`)
  if (found === 'scrcpy-server') {
    if (name !== scrcpyServerName) throw invalid('/name', `must be ${scrcpyServerName}`)
    return { name, version: scrcpyVersion(version) }
  }
  return { name, version: wholeNumber(version, 0) }
}

function identifyApk(facts: ApkFacts, { name, version, apk = {} }: Registration) {
  const isStated = (claim: unknown, fact: unknown) =>
    claim === undefined || claim === null || String(claim) === String(fact)
  const stated: [path: string, claim: unknown, fact: unknown][] = [
    ['/name', name, facts.packageName],
    ['/version', version, facts.versionCode],
    ['/apk/packageName', apk.packageName, facts.packageName],
    ['/apk/versionCode', apk.versionCode, facts.versionCode],
    // A name that is a resource of the app stands in its resources, which nobody here reads.
    ['/apk/versionName', apk.versionName, facts.versionName ?? apk.versionName],
  ]
  refuseFaults(stated.flatMap(([path, claim, fact]) => (isStated(claim, fact) ? [] : contradiction(path, claim, fact))))
  return { name: facts.packageName, version: wholeNumber(String(facts.versionCode), 1) }
}

function identifyConfig({ os }: Config, { name, version }: Registration) {
  const own = String(os.version)
  const isLatest = own === 'latest'
  if (isLatest && version === undefined)
    throw new AppError(
      'invalid_request_error',
      'The version of the config is latest: give the version to register it as',
    )
  refuseFaults([
    ...(name !== undefined && name !== os.name ? [contradiction('/name', name, os.name)] : []),
    ...(version !== undefined && !isLatest && version !== own ? [contradiction('/version', version, own)] : []),
  ])
  return { name: os.name, version: wholeNumber(version ?? own, 1) }
}

const contradiction = (path: string, claim: unknown, fact: unknown): Fault => ({
  path,
  message: `is ${JSON.stringify(claim)}, but the uploaded bytes say ${JSON.stringify(fact)}`,
})

function refuseFaults(faults: Fault[]): void {
  if (faults.length === 0) return
  const sentence = faults.map(({ path, message }) => `${path.slice(1)} ${message}`).join('; ')
  throw new AppError('invalid_request_error', sentence, { faults })
}
