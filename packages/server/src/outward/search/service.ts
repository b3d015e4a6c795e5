import { type Found, type FoundKind, foundScopes, maxFound } from '@mason/contract/search'
import sql, { type Sql } from 'sql-template-tag'
import { searchedSims, spellings as simSpellings } from '../../connectivity/sim/search.ts'
import { type Actor, isRestricted, mayDo } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { readMatches, type Searched } from '../../core/http/search.ts'
import { type Hanging, inGroups, type Reach } from '../../core/reach.ts'
import { spellings as deviceSpellings, searchedDevices } from '../../fleet/device/search.ts'

/** What is found of a kind: what is equal, what begins with the text, and what contains it. */
type Finds = [equal: Found[], beginning: Found[], containing: Found[]]

/** Stands where one of the texts of a device or SIM begins. */
const beginning = '\u0001'

/** The best finds of all kinds that the actor may see. Where they are equally good, kinds take turns. */
export async function search(db: Db, actor: Actor, written: string): Promise<Found[]> {
  const text = written.replaceAll(beginning, '').trim()
  if (text === '') return []
  const kinds = (Object.keys(foundScopes) as FoundKind[]).filter((kind) => isFor(actor, kind))
  const finds = await Promise.all(kinds.map((kind) => finders[kind](db, actor, text)))
  return [0, 1, 2].flatMap((rank) => byTurns(finds.map((ranks) => ranks[rank] ?? []))).slice(0, maxFound)
}

/** Users are of the account. */
const isFor = (actor: Actor, kind: FoundKind) =>
  mayDo(actor, foundScopes[kind]) && !(kind === 'user' && isRestricted(actor))

function* turnsOf(lists: readonly (readonly Found[])[]): Generator<Found> {
  for (let index = 0; index < maxFound; index++) for (const list of lists) yield* list.slice(index, index + 1)
}

const byTurns = (lists: readonly (readonly Found[])[]): Found[] => [...turnsOf(lists)]

const finders: Readonly<Record<FoundKind, (db: Db, reach: Reach, text: string) => Promise<Finds>>> = {
  device: (db, reach, text) =>
    findTexts(
      db,
      { ...searchedDevices, reach, hanging: { group: 'group_name' }, spellings: deviceSpellings(text) },
      sql`
      SELECT account_id, id, group_name, json_build_object('kind', 'device', 'id', id, 'self', '/v1/default/device/' || id,
        'name', name, 'detail', serialnumber) AS document FROM device`,
    ),
  sim: (db, reach, text) =>
    findTexts(
      db,
      { ...searchedSims, reach, hanging: { device: 'device_id' }, spellings: simSpellings(text) },
      sql`
      SELECT account_id, iccid, device_id, json_strip_nulls(json_build_object('kind', 'sim', 'id', iccid, 'self', '/v1/default/sim/' || iccid,
        'name', coalesce(name, iccid), 'detail', CASE WHEN name IS NULL THEN msisdn ELSE iccid END)) AS document FROM sim`,
    ),
  group: (db, reach, text) =>
    findNames(
      db,
      text,
      sql`
      SELECT name AS id, '/v1/default/group/' || path_segment(name) AS self, name, nullif(description, '') AS detail, 'group' AS kind
      FROM device_group WHERE account_id = ${reach.accountId} ${inGroups(reach, sql`device_group.name`)} ORDER BY device_group.name LIMIT ${lookedAt}`,
    ),
  artifact: (db, { accountId }, text) =>
    findNames(
      db,
      text,
      sql`
      SELECT DISTINCT type || '/' || name AS id, '/v1/default/artifact/' || type || '/' || path_segment(name) AS self, name, type AS detail, 'artifact' AS kind
      FROM (SELECT type, name FROM artifact WHERE account_id = ${accountId} ORDER BY id DESC LIMIT ${lookedAt}) AS artifact`,
    ),
  project: (db, { accountId }, text) =>
    findNames(
      db,
      text,
      sql`
      SELECT name AS id, '/v1/default/project/' || path_segment(name) AS self, name, NULL AS detail, 'project' AS kind
      FROM project WHERE account_id = ${accountId} ORDER BY project.name LIMIT ${lookedAt}`,
    ),
  user: (db, { accountId }, text) =>
    findNames(
      db,
      text,
      sql`
      SELECT id::text, '/v1/default/user/' || id AS self, coalesce(name, email) AS name, email AS detail, 'user' AS kind
      FROM app_user WHERE account_id = ${accountId} AND deleted_at IS NULL ORDER BY app_user.id LIMIT ${lookedAt}`,
    ),
}

interface Wanted extends Searched {
  reach: Reach
  hanging: Hanging
  spellings: string[]
}

/** Finds devices or SIMs by their texts. */
async function findTexts(db: Db, { reach, hanging, spellings, ...searched }: Wanted, view: Sql): Promise<Finds> {
  const { key, keyType } = searched
  const find = async (fragments: string[]) => {
    const listing = { view, key, keyType, reach, hanging }
    const { documents } = await readMatches(db, searched, fragments, listing, { limit: maxFound })
    return documents.map((document) => JSON.parse(document) as Found)
  }
  const known = new Set<string>()
  const finds: Finds = [[], [], []]
  const bare = spellings.map((spelling) => spelling.replace(beginning, ''))
  // Of one with fewer than three characters, the beginning is looked for anyway.
  const begun = bare.map((spelling) => (spelling.length < 2 ? spelling : beginning + spelling))
  const whole = bare.map((spelling) => `${beginning}${spelling}${beginning}`)
  // The last digits of a label come before the same digits in the middle of an id.
  const ended = bare.filter((spelling) => spelling.length > 2).map((spelling) => spelling + beginning)
  const ranks = [
    { finds: finds[0], fragments: whole },
    { finds: finds[1], fragments: begun },
    { finds: finds[2], fragments: ended },
    { finds: finds[2], fragments: spellings },
  ]
  for (const { finds, fragments } of ranks) {
    if (fragments.length === 0) continue
    const found = (await find(fragments)).filter(({ id }) => !known.has(id))
    finds.push(...found)
    for (const { id } of found) known.add(id)
    if (known.size >= maxFound) break
  }
  return finds
}

/** So many of a kind are looked at, of which an account has hundreds. */
const lookedAt = 5_000

/** Finds what has a name: `items` has its `kind`, `id`, `self`, `name` and `detail`. */
async function findNames(db: Db, text: string, items: Sql): Promise<Finds> {
  const { rows } = await db.query<{ rank: number; document: Found }>(sql`
    SELECT rank, json_strip_nulls(json_build_object(
      'kind', kind, 'id', id, 'self', self, 'name', name, 'detail', detail)) AS document
    FROM (SELECT *, CASE WHEN ${text.length} < 3 AND NOT starts_with(search_text(name), search_text(${text})) THEN NULL
                         WHEN search_text(name) = search_text(${text}) THEN 0
                         WHEN starts_with(search_text(name), search_text(${text})) THEN 1
                         WHEN strpos(search_text(concat_ws(' ', name, CASE kind WHEN 'user' THEN detail END)), search_text(${text})) > 0
                         THEN 2 END AS rank
          FROM (${items}) AS item) AS ranked
    WHERE rank IS NOT NULL ORDER BY rank, name LIMIT ${maxFound}`)
  const ofRank = (wanted: number) => rows.flatMap(({ rank, document }) => (rank === wanted ? [document] : []))
  return [ofRank(0), ofRank(1), ofRank(2)]
}
