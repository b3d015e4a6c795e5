import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'

/** What a walk along the chain of an account found. */
export interface Verdict {
  /** The first and the last number, as far as the chain is whole; none where it is empty. */
  first: number
  last: number
  /** The last number with its hash: who keeps it elsewhere can show later that nothing before it was written anew. */
  anchor: string
  /** The first thing that is wrong. */
  fault: string | undefined
}

interface Link {
  id: string
  number: number | null
  previous: string
  hash: string
  computed: string
  name: string
}

interface Chain {
  number: number
  hash: string
  droppedNumber: number
  droppedHash: string
}

const atOnce = 1_000

interface Place {
  number: number
  hash: string
}

/**
 * Walks the chain of an account from the oldest entry that is kept to its end, and computes each hash anew.
 *
 * @param anchor one that was printed before.
 */
export async function verifyChain(db: Db, accountId: string, anchor?: string): Promise<Verdict> {
  const chain = await readChain(db, accountId)
  const wanted = anchor === undefined ? undefined : readAnchor(anchor)
  const walk = { number: chain.droppedNumber, hash: chain.droppedHash }
  const fault =
    refuseOld(chain, wanted) ?? (await walkAlong(db, accountId, chain, walk, wanted)) ?? refuseEnd(chain, walk, wanted)
  return { first: chain.droppedNumber + 1, last: walk.number, anchor: `${walk.number}:${walk.hash}`, fault }
}

/** Moves along the chain as far as it is whole. @returns what is wrong there. */
async function walkAlong(
  db: Db,
  accountId: string,
  chain: Chain,
  walk: Place,
  wanted: Place | undefined,
): Promise<string | undefined> {
  for (let after = ''; walk.number < chain.number; ) {
    const links = await readLinks(db, accountId, after)
    if (links.length === 0) return nameMissing(db, accountId, walk.number + 1, 'the end of the chain')
    // What a day that was dropped has left stands before the chain.
    for (const link of links.filter(({ number }) => number === null || number > chain.droppedNumber)) {
      if (walk.number === chain.number) break
      const fault = await faultOf(db, accountId, link, walk)
      if (fault !== undefined) return fault
      Object.assign(walk, { number: link.number, hash: link.hash })
      if (contradicts(wanted, walk)) return rewritten(wanted)
    }
    after = links.at(-1)?.id ?? after
  }
  return undefined
}

const contradicts = (wanted: Place | undefined, { number, hash }: Place): wanted is Place =>
  wanted?.number === number && wanted.hash !== hash

function refuseOld({ droppedNumber, droppedHash }: Chain, wanted: Place | undefined): string | undefined {
  if (wanted && wanted.number < droppedNumber)
    return `the anchor of entry ${wanted.number} is of one that is no longer kept (AUDIT_DAYS): use a later one`
  const dropped = { number: droppedNumber, hash: droppedHash }
  return contradicts(wanted, dropped) ? rewritten(wanted) : undefined
}

function refuseEnd(chain: Chain, walk: Place, wanted: Place | undefined): string | undefined {
  if (walk.hash !== chain.hash) return `entry ${walk.number} was changed together with its hash`
  if (wanted && wanted.number > walk.number)
    return `the anchor is of entry ${wanted.number}, behind the last one, which is ${walk.number}: the end was removed`
  return undefined
}

const rewritten = ({ number }: Place) =>
  `the anchor of entry ${number} is of another chain: entries up to there were written anew`

async function faultOf(db: Db, accountId: string, link: Link, before: Place): Promise<string | undefined> {
  const { number, previous, hash, computed, name } = link
  const expected = before.number + 1
  if (number === null) return `${name} is not in the chain: it was added where entry ${expected} should be`
  if (number !== expected) return nameMissing(db, accountId, expected, `entry ${number}, ${name}`)
  if (computed !== hash) return `entry ${number}, ${name}, was changed`
  if (previous !== before.hash) return `entry ${number}, ${name}, does not continue from entry ${before.number}`
  return undefined
}

/** An entry that is not where it should be was removed, or has changed places. */
async function nameMissing(db: Db, accountId: string, number: number, found: string): Promise<string> {
  const { rows } = await db.query<{ name: string }>(sql`
    SELECT ${nameOf} AS name FROM audit_entry AS e WHERE account_id = ${accountId} AND number = ${number} LIMIT 1`)
  const [elsewhere] = rows
  if (elsewhere) return `entry ${number}, ${elsewhere.name}, was swapped: in its place is ${found}`
  return `entry ${number} was removed: in its place is ${found}`
}

const nameOf = sql`format('%s (%s of %s at %s)', e.id, e.action, e.subject_kind || ' ' || e.subject_id, iso_time(e.time))`

async function readChain(db: Db, accountId: string): Promise<Chain> {
  const { rows } = await db.query<Chain>(sql`
    SELECT number, encode(hash, 'hex') AS hash, dropped_number AS "droppedNumber", encode(dropped_hash, 'hex') AS "droppedHash"
    FROM audit_chain WHERE account_id = ${accountId}`)
  if (rows[0]) return rows[0]
  const { rowCount } = await db.query(sql`
    SELECT FROM audit_entry WHERE account_id = ${accountId} AND hash IS NOT NULL
      AND NOT EXISTS (SELECT FROM audit_chain WHERE account_id = ${accountId}) LIMIT 1`)
  if (rowCount !== 0) throw new Error('The row of audit_chain that says where the chain ends was removed')
  return { number: 0, hash: '', droppedNumber: 0, droppedHash: '' }
}

async function readLinks(db: Db, accountId: string, after: string): Promise<Link[]> {
  const { rows } = await db.query<Link>(sql`
    SELECT e.id, e.number, encode(e.previous, 'hex') AS previous, encode(e.hash, 'hex') AS hash,
      encode(audit_hash(e, e.number, e.previous), 'hex') AS computed, ${nameOf} AS name
    FROM audit_entry AS e WHERE e.account_id = ${accountId} AND e.id > ${after} ORDER BY e.id LIMIT ${atOnce}`)
  return rows
}

function readAnchor(text: string): Place {
  const [, number, hash] = /^(\d{1,15}):([0-9a-f]{64}|)$/.exec(text.trim()) ?? []
  if (number === undefined || hash === undefined)
    throw new Error(
      `${text} is no anchor: it is a number, a colon and 64 hexadecimal digits, as audit verify prints it`,
    )
  return { number: Number(number), hash }
}
