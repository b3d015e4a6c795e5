import type { DeviceChange } from '@mason/contract/device'
import { unassigned } from '@mason/contract/group'
import sql, { empty } from 'sql-template-tag'
import type { Author } from '../../core/actor.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError, notFound } from '../../core/errors.ts'
import { type Happening, ofDevice, recordAll } from '../../core/event/record.ts'
import { withinTable } from '../../core/reach.ts'
import { projectOf } from '../../software/deployment/service.ts'
import { admit } from '../group/service.ts'
import { type Annotations, annotated } from './annotate.ts'

/** Queues the reset of devices in the transaction that asks for it, in a batch where one is named. */
export type Reset = (tx: Db, author: Author, deviceIds: string[], batch?: string) => Promise<void>

/** What is to become of each device. */
export type Changes = ReadonlyMap<string, Omit<DeviceChange, 'conflict'>>

/** What became of each. */
export type Changed = ReadonlyMap<string, 'done' | 'locked' | AppError>

interface Options {
  reset: Reset
  /** The job that they are part of, which is also the batch of the resets. */
  job?: string
  /** Devices that somebody has locked are left alone. */
  skipLocked?: boolean
}

interface Device extends Annotations {
  id: string
  name: string
  family: string
  group: string
}

interface Step {
  before: Device
  after: Device
  events: readonly Happening[]
}

/**
 * Changes devices, each in its own way. A move to `unassigned`, or to a group with another project, resets a device
 * (docs/contract.md §5). One that is refused stays as it is, and holds up no other.
 */
export async function changeDevices(
  tx: Db,
  author: Author,
  changes: Changes,
  { reset, job, skipLocked = false }: Options,
): Promise<Changed> {
  const outcomes = new Map<string, 'done' | 'locked' | AppError>()
  const steps: Step[] = []
  for (const device of await lock(tx, author, [...changes.keys()], skipLocked)) {
    const step = refusable(() => stepOf(device, changes.get(device.id) ?? {}))
    if (step instanceof AppError) outcomes.set(device.id, step)
    else steps.push(step)
  }
  const done = await carryOut(tx, author, steps, outcomes)
  await recordAll(
    tx,
    author,
    done.flatMap(({ events }) => events.map((event) => (job === undefined ? event : partOf(job, event)))),
  )
  const resets = await resetsOf(tx, author, done)
  if (resets.length > 0) await reset(tx, author, resets, job)
  for (const { before } of done) outcomes.set(before.id, 'done')
  const rest = [...changes.keys()].filter((id) => !outcomes.has(id))
  const locked = skipLocked ? await among(tx, author, rest) : new Set()
  for (const id of rest) outcomes.set(id, locked.has(id) ? 'locked' : notFound('device'))
  return outcomes
}

const partOf = (job: string, event: Happening): Happening => ({ ...event, data: { ...event.data, job } })

function refusable<T>(work: () => T): T | AppError {
  try {
    return work()
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
}

/** In the order of their ids, as everybody locks several. */
async function lock(tx: Db, author: Author, ids: string[], skipLocked: boolean): Promise<Device[]> {
  const { rows } = await tx.query<Device>(sql`
    SELECT id, name, family, group_name AS "group", labels, notes FROM device
    WHERE account_id = ${author.accountId} AND id = ANY (${ids}::uuid[]) ${withinTable(author, 'device')}
    ORDER BY id FOR UPDATE ${skipLocked ? sql`SKIP LOCKED` : empty}`)
  return rows
}

async function among(tx: Db, author: Author, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const { rows } = await tx.query<{ id: string }>(
    sql`SELECT id FROM device
        WHERE account_id = ${author.accountId} AND id = ANY (${ids}::uuid[]) ${withinTable(author, 'device')}`,
  )
  return new Set(rows.map(({ id }) => id))
}

/** @throws AppError for what the device cannot be. */
function stepOf(
  before: Device,
  { name = before.name, group = before.group, ...said }: Omit<DeviceChange, 'conflict'>,
): Step {
  const { labels, notes, event } = annotated(before.id, before, said)
  const events = [
    ...(name === before.name ? [] : [ofDevice('renamed', before.id, { from: before.name, to: name })]),
    ...(group === before.group ? [] : [ofDevice('moved', before.id, { from: before.group, to: group })]),
    ...(event ? [event] : []),
  ]
  return { before, after: { ...before, name, group, labels, notes }, events }
}

const isMove = ({ before, after }: Step) => before.group !== after.group

/** @returns the steps that were not refused. */
async function carryOut(
  tx: Db,
  author: Author,
  steps: readonly Step[],
  refusals: Map<string, unknown>,
): Promise<Step[]> {
  const done = steps.filter((step) => !isMove(step))
  await write(tx, author, done)
  for (const together of byGroupAndFamily(steps.filter(isMove))) {
    const refusal = await enter(tx, author, together)
    if (refusal === undefined) done.push(...together)
    else for (const { before } of together) refusals.set(before.id, refusal)
  }
  return done
}

/** Devices that go to the same group and are of one family; groups in one order, as each of them is locked. */
function byGroupAndFamily(moves: readonly Step[]): [Step, ...Step[]][] {
  const together = new Map<string, [Step, ...Step[]]>()
  for (const step of moves) {
    const key = JSON.stringify([step.after.group, step.after.family])
    const others = together.get(key)
    if (others) others.push(step)
    else together.set(key, [step])
  }
  return [...together].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, steps]) => steps)
}

/** @returns why the devices may not come into their group, if so. */
async function enter(tx: Db, author: Author, together: [Step, ...Step[]]): Promise<AppError | undefined> {
  const [{ after }] = together
  try {
    await admit(tx, author, after.group, after.family)
  } catch (error) {
    if (error instanceof AppError) return error
    throw error
  }
  await write(tx, author, together)
  return undefined
}

async function write(tx: Db, { accountId }: Author, steps: readonly Step[]): Promise<void> {
  const changed = steps.filter(({ events }) => events.length > 0).map(({ after }) => after)
  if (changed.length === 0) return
  await tx.query(sql`
    UPDATE device AS d SET name = n.name, group_name = n.group, labels = n.labels, notes = n.notes
    FROM json_to_recordset(${JSON.stringify(changed)}) AS n (id uuid, name text, "group" text, labels jsonb, notes text)
    WHERE d.account_id = ${accountId} AND d.id = n.id AND d.id = ANY (${changed.map(({ id }) => id)}::uuid[])`)
}

/** A device that has a project keeps nothing of it in a group that has another. */
async function resetsOf(tx: Db, { accountId }: Author, steps: readonly Step[]): Promise<string[]> {
  const projects = new Map<string, string | undefined>()
  const find = async (group: string) => {
    if (!projects.has(group)) projects.set(group, await projectOf(tx, accountId, group))
    return projects.get(group)
  }
  const resets: string[] = []
  for (const { before, after } of steps.filter(isMove)) {
    const project = after.group === unassigned ? undefined : await find(before.group)
    if (after.group === unassigned || (project !== undefined && project !== (await find(after.group))))
      resets.push(before.id)
  }
  return resets
}
