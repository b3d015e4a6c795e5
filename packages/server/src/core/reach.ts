import sql, { empty, raw, type Sql } from 'sql-template-tag'
import type { Actor, Author, Groups } from './actor.ts'

/**
 * Whose reach something is read in: an actor's, or the one that was written down for work that is done later. Whatever reads the
 * rows of an account asks for it, so that a restriction to groups cannot be left behind on the way.
 */
export type Reach = Actor | Author | { accountId: string; groups: Groups }

/** How the rows of a list hang on groups. */
export type Hanging =
  /** On the group that this column names. */
  | { group: string }
  /** On the group of the device that this column names, if any. */
  | { device: string }
  /** On neither: whoever has the scope may see all of them. */
  | 'open'
  /** In a way of their own: a condition on the rows that begins with AND. */
  | { told: (groups: readonly string[]) => Sql }

/** How the resources of the platform hang on groups. What is not here is of the account, and not shown to the restricted. */
const resources: Readonly<Record<string, Hanging>> = {
  device: { group: 'group_name' },
  sim: { device: 'device_id' },
  device_document: { group: 'group_name' },
  group_document: { group: 'name' },
  deployment_document: { group: 'group_name' },
  enrollment_document: { group: 'group_name' },
  notification_document: { device: 'device_id' },
  sim_document: { device: 'device_id' },
  xray_document: { device: 'device_id' },
  artifact_document: 'open',
  project_document: 'open',
  build_document: 'open',
}

/** How the rows of a view hang on groups. @throws Error where nobody has said so: nothing of it may be shown to the restricted. */
export function hangingOf(view: string | Sql): Hanging {
  const hanging = typeof view === 'string' ? resources[view] : undefined
  if (!hanging)
    throw new Error(
      `${typeof view === 'string' ? view : 'A query'} does not say how it hangs on groups: see core/reach.ts`,
    )
  return hanging
}

/**
 * The condition, beginning with AND, that rows are within a reach; empty for the whole account.
 *
 * @param alias the name of the rows in the statement.
 */
export function within(reach: Reach, hanging: Hanging, alias: string): Sql {
  const { groups } = reach
  if (groups === undefined || hanging === 'open') return empty
  if ('told' in hanging) return hanging.told(groups)
  if ('group' in hanging) return inGroups(reach, sql`${raw(alias)}.${raw(hanging.group)}`)
  return onDevice(reach, sql`${raw(alias)}.${raw(hanging.device)}`)
}

/** The condition, beginning with AND, that a column names a group within the reach. */
export const inGroups = ({ groups }: Reach, column: Sql): Sql =>
  groups === undefined ? empty : sql`AND ${column} = ANY (${groups}::text[])`

/** The condition, beginning with AND, that a column names a device within the reach. Not as EXISTS, for which all of them may be read. */
export const onDevice = ({ accountId, groups }: Reach, column: Sql): Sql =>
  groups === undefined
    ? empty
    : sql`AND (SELECT true FROM device AS reached WHERE reached.account_id = ${accountId} AND reached.id = ${column}
               AND reached.group_name = ANY (${groups}::text[]))`

/** The condition, beginning with AND, that the rows of `device` or `sim` are within a reach. */
export const withinTable = (reach: Reach, table: 'device' | 'sim', alias: string = table): Sql =>
  within(reach, hangingOf(table), alias)

/** Whether a group is within a reach. */
export const reaches = ({ groups }: Reach, group: string): boolean => groups?.includes(group) ?? true

/** What is said to the restricted of what is the account's. */
export const onlyForAll = 'This is about the whole account, and you are restricted to groups of it'
