import { dayMs, hourMs } from '@mason/contract/time'
import sql, { raw, type Sql } from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { isLockTimeout } from '../db/lasting.ts'
import { preferIndexes } from '../db/prefer-indexes.ts'
import type { PeriodicJob } from './periodic.ts'
import { deletePortion, portion } from './portion.ts'

/** A table in partitions by day: what is past its retention is dropped with its day. */
export interface DayTable {
  name: string
  /** The column that it is partitioned by. */
  key: string
  /** The column that says when a row came. */
  time: string
  /** How many days its rows are kept. */
  keptDays: number
  /** How many days a partition has. */
  daysEach: number
  /** Where a partition for the days from `start` to before `end` begins and ends. */
  bounds(tx: Db, start: number, end: number): Promise<{ from: string; to: string }>
  /**
   * Has rows come into this partition from now on, where the key is not the time itself. A day has rows of the next one, too,
   * if that is begun late.
   */
  begin?(tx: Db, partition: string): Promise<void>
  /** What is past is about to go: all of a partition, or some of the one that is for no day. */
  isDropping?(tx: Db, partition: string, isPast: Sql): Promise<void>
  /** A partition of what came before there were days; it goes when it is empty. */
  before?: string
}

/** How many partitions are ready before their time. */
const ahead = 2
/** Whoever waits for a lock of a table has everybody behind him who comes after. */
const lockTimeoutMs = 200

/**
 * Makes partitions ahead of time, and drops those past their retention. Each is a transaction of its own; one that does not get
 * its locks at once is left to the next turn.
 */
export const rollDays = (name: string, table: DayTable): PeriodicJob => ({
  name,
  everyMs: hourMs / 6,
  waitsForBackup: true,
  run: async (tx) => {
    await tx.query(sql`SET LOCAL lock_timeout = ${raw(String(lockTimeoutMs))}`)
    try {
      return await tx.transaction((attempt) => doNext(attempt, table))
    } catch (error) {
      if (!isLockTimeout(error)) throw error
      return false
    }
  },
})

/** @returns whether there may be more to do. */
async function doNext(tx: Db, table: DayTable): Promise<boolean> {
  const { daysEach, keptDays } = table
  const today = Math.floor(Date.now() / dayMs)
  const current = today - (today % daysEach)
  const present = await partitionsOf(tx, table)
  for (let start = current; start <= current + ahead * daysEach; start += daysEach)
    if (!present.includes(nameOf(table, start)) && (await add(tx, table, start))) return true
  await table.begin?.(tx, nameOf(table, current))
  const oldest = nameOf(table, today - keptDays - daysEach + 1)
  const kept = table.begin ? isKept(table) : sql`false`
  for (const name of present) if (name < oldest && (await dropWithout(tx, table, name, kept))) return true
  return deleteRest(tx, table)
}

/** The one that begins first is the first. */
async function partitionsOf(tx: Db, { name }: DayTable): Promise<string[]> {
  const { rows } = await tx.query<{ name: string }>(sql`
    SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid
    WHERE inhparent = ${name}::regclass AND relname ~ ${`^${name}_[0-9]{8}$`} ORDER BY name`)
  return rows.map(({ name }) => name)
}

const nameOf = ({ name }: DayTable, start: number) =>
  `${name}_${new Date(start * dayMs).toISOString().slice(0, 10).replaceAll('-', '')}`

/** Where rows go that no other partition is for. */
const defaultOf = ({ name }: DayTable) => `${name}_default`

/** @returns whether it was added. A day of which the default partition has many rows stays there: they would be locked for long. */
async function add(tx: Db, table: DayTable, start: number): Promise<boolean> {
  const [parent, rest, key] = [raw(table.name), raw(defaultOf(table)), raw(table.key)]
  // A statement that began without the partition would fail when it comes to a row for it; only those of today may have one.
  if (start * dayMs <= Date.now()) await tx.query(sql`LOCK TABLE ${parent} IN SHARE ROW EXCLUSIVE MODE`)
  const { from, to } = await table.bounds(tx, start, start + table.daysEach)
  const isInside = sql`${key} >= ${from} AND ${key} < ${to}`
  const { rowCount } = await tx.query(sql`SELECT FROM ${rest} WHERE ${isInside} LIMIT ${portion + 1}`)
  if ((rowCount ?? 0) > portion) return false
  const partition = raw(nameOf(table, start))
  await tx.query(sql`CREATE TABLE ${partition} (LIKE ${parent} INCLUDING DEFAULTS)`)
  await tx.query(sql`
    WITH moved AS (DELETE FROM ${rest} WHERE ${isInside} RETURNING *) INSERT INTO ${partition} SELECT * FROM moved`)
  // Unlike CREATE TABLE … PARTITION OF, this waits for nobody who reads or writes another partition.
  await tx.query(sql`
    ALTER TABLE ${parent} ATTACH PARTITION ${partition} FOR VALUES FROM (${raw(`'${from}'`)}) TO (${raw(`'${to}'`)})`)
  return true
}

/** What lies in no day is deleted when its time comes. */
async function deleteRest(tx: Db, table: DayTable): Promise<boolean> {
  const { before } = table
  const isPast = sql`NOT ${isKept(table)}`
  await table.isDropping?.(tx, defaultOf(table), isPast)
  const isMore = await deletePortion(tx, defaultOf(table), isPast)
  if (before === undefined || !(await exists(tx, before))) return isMore
  // The ranges of times lead to what is past.
  await preferIndexes(tx)
  return (await deletePortion(tx, before, isPast)) || (await dropWithout(tx, table, before, sql`true`)) || isMore
}

const isKept = ({ time, keptDays }: DayTable) => sql`(${raw(time)} >= now() - make_interval(days => ${keptDays}))`

async function exists(tx: Db, table: string): Promise<boolean> {
  const { rows } = await tx.query<{ exists: boolean }>(sql`SELECT to_regclass(${table}) IS NOT NULL AS exists`)
  return rows[0]?.exists === true
}

/** Drops a partition that is without such rows. @returns whether it did. */
async function dropWithout(tx: Db, table: DayTable, partition: string, rows: Sql): Promise<boolean> {
  // Only who writes to this partition waits while it is looked at, which takes long where it was never vacuumed.
  await tx.query(sql`LOCK TABLE ${raw(partition)} IN SHARE MODE`)
  const { rowCount } = await tx.query(sql`SELECT FROM ${raw(partition)} WHERE ${rows} LIMIT 1`)
  if (rowCount !== 0) return false
  await table.isDropping?.(tx, partition, sql`true`)
  await tx.query(sql`DROP TABLE ${raw(partition)}`)
  return true
}
