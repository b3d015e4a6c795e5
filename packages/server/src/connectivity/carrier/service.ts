import {
  builtInCarriers,
  type CarrierConnectionChange,
  type CarrierOptions,
  type CarrierTest,
  type NewCarrierConnection,
} from '@mason/contract/carrier'
import { type CarrierTypeName, carrierAbilities, carrierKind, carrierTypeNames } from '@mason/contract/carrier-type'
import type { PageQuery } from '@mason/contract/common'
import sql from 'sql-template-tag'
import { type Actor, mayDo } from '../../core/actor.ts'
import { wasBefore } from '../../core/audit/draft.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, invalid, notFound } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { type Page, readPage } from '../../core/http/page.ts'
import { hashSecret, randomBase62 } from '../../core/key.ts'
import type { Connection, Connections } from './connections.ts'
import { CarrierFault, sentenceOf } from './fault.ts'
import { carrierTypesByName } from './types.ts'

/** What changes of connections need. */
export interface Needs {
  connections: Connections
  publicUrl: () => string
}

const mostOfAccount = 100
/** A request that is repeated under its Idempotency-Key holds a connection to the database for as long. */
const testMs = 8_000

/** What the program knows of types, as the documents of connections have it. */
const kinds = JSON.stringify(
  carrierTypeNames.map((type) => {
    const { limitations } = carrierKind(type)
    const abilities = Object.fromEntries(carrierAbilities.map((ability) => [ability, !(ability in limitations)]))
    return { type, abilities: JSON.stringify(abilities), limitations: JSON.stringify(limitations) }
  }),
)

const documents = sql`
  SELECT d.account_id, d.name,
    left(d.document::text, -1) || ',"abilities":' || kind.abilities || ',"limitations":' || kind.limitations || '}' AS document
  FROM carrier_document AS d
  JOIN json_to_recordset(${kinds}) AS kind (type text, abilities text, limitations text) ON kind.type = d.type`

export function list(db: Db, actor: Actor, query: PageQuery): Promise<Page> {
  return readPage(db, { view: documents, key: 'name', keyType: 'text', reach: actor }, query)
}

export async function get(db: Db, { connections, publicUrl }: Needs, actor: Actor, name: string): Promise<string> {
  const document = await read(db, actor, name)
  if (!mayDo(actor, 'connect:admin')) return document
  const { rows } = await db.query<{ push_secret: Buffer | null }>(sql`
    SELECT push_secret FROM carrier WHERE account_id = ${actor.accountId} AND name = ${name}`)
  const sealed = rows[0]?.push_secret
  const secret = sealed ? connections.openText(sealed) : undefined
  if (secret === undefined) return document
  return document.replace(/}$/, `,"pushUrl":${JSON.stringify(`${publicUrl()}/carrier/v1/${name}/${secret}`)}}`)
}

async function read(db: Db, { accountId }: Actor, name: string): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT document FROM (${documents}) AS item WHERE account_id = ${accountId} AND name = ${name}`)
  if (!rows[0]) throw notFound('carrier')
  return rows[0].document
}

/** Credentials are tried before anything is written. */
export async function create(
  db: Db,
  needs: Needs,
  actor: Actor,
  { type, name, credentials = {}, options = {} }: NewCarrierConnection,
): Promise<string> {
  const { accountId } = actor
  refuseWrongCredentials(type, credentials)
  needs.connections.refuseBadUrl(options.baseUrl)
  await tryCredentials(needs, type, options, credentials)
  const { baseUrl, limitations } = carrierKind(type)
  const secret = 'push' in limitations ? undefined : randomBase62(43)
  return db.transaction(async (tx) => {
    await refuseTooMany(tx, actor)
    const { rowCount } = await tx.query(sql`
      INSERT INTO carrier (account_id, name, type, credentials, push_secret, push_digest, options, sync_due)
      VALUES (${accountId}, ${name}, ${type}, ${baseUrl === undefined ? null : needs.connections.seal(credentials)},
              ${secret === undefined ? null : needs.connections.sealText(secret)},
              ${secret === undefined ? null : hashSecret(secret)}, ${JSON.stringify(options)},
              ${'list' in limitations ? null : new Date()})
      ON CONFLICT DO NOTHING`)
    if (rowCount === 0) throw new AppError('conflict_error', `There is a carrier ${name} already`)
    await recordChange(tx, actor, name, type, 'created')
    return get(tx, needs, actor, name)
  })
}

export async function change(
  db: Db,
  needs: Needs,
  actor: Actor,
  name: string,
  { credentials, options }: CarrierConnectionChange,
): Promise<string> {
  const known = await find(db, actor, name)
  refuseBuiltIn(name)
  const { type } = known
  needs.connections.refuseBadUrl(options?.baseUrl)
  // Whoever may change where it leads must not learn by that what the credentials are.
  if (options?.baseUrl !== undefined && options.baseUrl !== known.options.baseUrl && credentials === undefined)
    throw invalid('/credentials', 'are needed again where baseUrl is another one')
  const merged = { ...known.options, ...options }
  if (credentials !== undefined) {
    refuseWrongCredentials(type, credentials)
    await tryCredentials(needs, type, merged, credentials)
  }
  return db.transaction(async (tx) => {
    await lock(tx, actor, name)
    wasBefore(tx, await read(tx, actor, name))
    await tx.query(sql`
      UPDATE carrier SET options = options || ${JSON.stringify(options ?? {})}::jsonb,
        credentials = coalesce(${credentials === undefined ? null : needs.connections.seal(credentials)}, credentials),
        held_until = CASE WHEN ${credentials !== undefined} THEN NULL ELSE held_until END,
        sync_due = CASE WHEN sync_due IS NULL THEN NULL ELSE now() END
      WHERE account_id = ${actor.accountId} AND name = ${name}`)
    await recordChange(tx, actor, name, type, 'updated')
    return get(tx, needs, actor, name)
  })
}

/** Only what no SIM refers to; those that register SIMs share a lock on its row. */
export async function remove(db: Db, actor: Actor, name: string): Promise<string> {
  return db.transaction(async (tx) => {
    const { type } = await lock(tx, actor, name)
    refuseBuiltIn(name)
    const { rows } = await tx.query(sql`
      SELECT FROM sim WHERE account_id = ${actor.accountId} AND carrier = ${name} LIMIT 1`)
    if (rows.length > 0)
      throw new AppError('conflict_error', 'SIMs refer to the carrier: only one that has none can be deleted')
    const document = await read(tx, actor, name)
    await tx.query(sql`DELETE FROM carrier WHERE account_id = ${actor.accountId} AND name = ${name}`)
    await recordChange(tx, actor, name, type, 'deleted')
    return document
  })
}

/** Has it synced at once, whatever went wrong before. */
export async function askForSync(db: Db, needs: Needs, actor: Actor, name: string): Promise<string> {
  return db.transaction(async (tx) => {
    const { type } = await lock(tx, actor, name)
    const reason = carrierKind(type).limitations.list
    if (reason !== undefined) throw new AppError('conflict_error', `${reason}: there is nothing to sync`)
    await tx.query(sql`
      UPDATE carrier SET sync_due = now(), sync_asked_at = clock_timestamp(), held_until = NULL, failures = 0
      WHERE account_id = ${actor.accountId} AND name = ${name}`)
    return get(tx, needs, actor, name)
  })
}

/** Tries the credentials of a connection. */
export async function test(db: Db, { connections }: Needs, actor: Actor, name: string): Promise<CarrierTest> {
  const connection = await find(db, actor, name)
  const begun = performance.now()
  const latencyMs = () => Math.round(performance.now() - begun)
  try {
    await connections.open(connection, AbortSignal.timeout(testMs)).check()
    return { ok: true, latencyMs: latencyMs() }
  } catch (error) {
    return { ok: false, error: sentenceOf(error), latencyMs: latencyMs() }
  }
}

async function find(db: Db, { accountId }: Actor, name: string): Promise<Connection> {
  const { rows } = await db.query<Connection>(sql`
    SELECT type, options, credentials FROM carrier WHERE account_id = ${accountId} AND name = ${name}`)
  if (!rows[0]) throw notFound('carrier')
  return rows[0]
}

async function lock(tx: Db, { accountId }: Actor, name: string): Promise<{ type: CarrierTypeName }> {
  const { rows } = await tx.query<{ type: CarrierTypeName }>(sql`
    SELECT type FROM carrier WHERE account_id = ${accountId} AND name = ${name} FOR UPDATE`)
  if (!rows[0]) throw notFound('carrier')
  return rows[0]
}

/** Every member that the type has, and no other. */
function refuseWrongCredentials(type: CarrierTypeName, credentials: Readonly<Record<string, string>>): void {
  const { credentials: wanted } = carrierKind(type)
  for (const member of Object.keys(wanted))
    if (credentials[member] === undefined) throw invalid(`/credentials/${member}`, `is needed for ${type}`)
  for (const member of Object.keys(credentials))
    if (!(member in wanted)) {
      const members = Object.keys(wanted)
      const what = members.length === 0 ? 'takes none' : `takes ${members.join(' and ')}`
      throw invalid(`/credentials/${member}`, `is no credential of ${type}, which ${what}`)
    }
}

/** Once, and for a bounded time: who cannot be reached has not refused them. */
async function tryCredentials(
  { connections }: Needs,
  type: CarrierTypeName,
  options: CarrierOptions,
  credentials: Readonly<Record<string, string>>,
): Promise<void> {
  if (carrierTypesByName[type].isImmediate) return
  try {
    await connections.openWith(type, options, credentials, AbortSignal.timeout(testMs)).check()
  } catch (error) {
    const isOfCredentials = error instanceof CarrierFault && error.kind === 'credentials'
    throw invalid(
      isOfCredentials ? '/credentials' : '/options',
      isOfCredentials ? `are not taken: ${sentenceOf(error)}` : `do not lead to the carrier: ${sentenceOf(error)}`,
    )
  }
}

function refuseBuiltIn(name: string): void {
  if (builtInCarriers.some((one) => one === name))
    throw new AppError('conflict_error', `${name} is built in: it cannot be changed or deleted`)
}

/** Those that make one at the same time wait for each other. */
async function refuseTooMany(tx: Db, { accountId }: Actor): Promise<void> {
  await tx.query(sql`SELECT FROM account WHERE id = ${accountId} FOR NO KEY UPDATE`)
  const { rows } = await tx.query<{ count: number }>(sql`
    SELECT count(*)::int AS count FROM carrier WHERE account_id = ${accountId}`)
  if ((rows[0]?.count ?? 0) >= mostOfAccount)
    throw new AppError('conflict_error', `An account has at most ${mostOfAccount} carriers: delete one first`)
}

const recordChange = (tx: Db, actor: Actor, name: string, type: CarrierTypeName, what: string) =>
  record(tx, actor, { type: `carrier.${what}`, subject: { kind: 'carrier', id: name }, data: { type } })
