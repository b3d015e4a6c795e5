import { bareIdentifier, bareNumber, readIccid } from '@mason/contract/identifiers'
import sql, { join, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { beginningWith } from '../db/prefix.ts'

/** More matches than these are met soon enough on the way through all SIMs. */
const maxMatches = 5_000

/** A condition on `sim`: what its name, ICCID, IMSI or MSISDN begins with. */
export const beginsWith = (text: string): Sql => sql`(${byIccid(text)} OR ${join(byOthers(text), ' OR ')})`

/**
 * The same condition for a page in the order of ICCIDs. Which SIMs match is looked up first where they are few: on the way
 * through a million SIMs, those of one batch of cards or names lie together, and may be far away.
 */
export async function pageBeginningWith(db: Db, accountId: string, text: string): Promise<Sql> {
  const some = (condition: Sql) => sql`
    (SELECT iccid FROM sim WHERE account_id = ${accountId} AND ${condition} LIMIT ${maxMatches + 1})`
  const find = async (conditions: Sql[]) => {
    const { rows } = await db.query<{ iccid: string }>(join(conditions.map(some), ' UNION '))
    return rows.map(({ iccid }) => iccid)
  }
  const others = await find(byOthers(text))
  if (others.length === 0) return byIccid(text)
  if (others.length > maxMatches) return beginsWith(text)
  const iccids = await find([byIccid(text)])
  return iccids.length > maxMatches ? beginsWith(text) : sql`iccid = ANY (${[...new Set([...others, ...iccids])]})`
}

/** A whole ICCID may be filled up with `F`, which none ends with. */
function byIccid(text: string): Sql {
  const start = bareIdentifier(text).toUpperCase()
  const iccid = start.endsWith('F') ? (readIccid(text) ?? start) : start
  return startsWith(sql`iccid`, iccid)
}

const byOthers = (text: string): Sql[] => [
  sql`search_text(name) LIKE search_text(${beginningWith(text)})`,
  startsWith(sql`imsi`, bareIdentifier(text)),
  startsWith(sql`msisdn`, bareNumber(text)),
]

/** What is nothing but separators is the start of no number. */
const startsWith = (column: Sql, start: string) =>
  start === '' ? sql`false` : sql`${column} LIKE ${beginningWith(start)}`
