/** A node of a plan as `auto_explain` writes it. Source: PostgreSQL's EXPLAIN with FORMAT JSON. */
interface PlanNode {
  'Node Type': string
  'Parent Relationship'?: string
  'Relation Name'?: string
  'Index Name'?: string
  Operation?: string
  'Conflicting Tuples'?: number
  'Actual Rows'?: number
  'Actual Loops'?: number
  'Rows Removed by Filter'?: number
  'Rows Removed by Index Recheck'?: number
  Plans?: PlanNode[]
}

/** A statement with the plan that it ran by. */
export interface Ran {
  text: string
  ms: number
  plan: PlanNode
}

const isScan = ({ 'Node Type': type }: PlanNode) =>
  /^(Seq|Index|Index Only|Bitmap Heap|Tid|Tid Range|Sample) Scan$/.test(type)
const rowsOf = ({ 'Actual Rows': rows = 0, 'Actual Loops': loops = 1 }: PlanNode) => rows * loops

function sum(node: PlanNode, count: (node: PlanNode) => number): number {
  return (node.Plans ?? []).reduce((total, child) => total + sum(child, count), count(node))
}

/** The rows of tables and indexes that a plan looked at, those that it threw away included. */
const rowsRead = (plan: PlanNode): number =>
  sum(plan, (node) => {
    // What several indexes find is put together before the table is read. Of a single one, the table's rows are the same ones.
    if (/^Bitmap(And|Or)$/.test(node['Node Type']))
      return (node.Plans ?? []).reduce((rows, child) => rows + rowsOf(child), 0)
    if (!isScan(node)) return 0
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
    return rowsOf(node) + removed * (node['Actual Loops'] ?? 1)
  })

/** The rows that it read again from memory: a nested loop over them is as long as one over a table. */
const rowsReread = (plan: PlanNode): number =>
  sum(plan, (node) => {
    if (!/^(CTE Scan|Materialize)$/.test(node['Node Type'])) return 0
    return rowsOf(node) + (node['Rows Removed by Filter'] ?? 0) * (node['Actual Loops'] ?? 1)
  })

const inputOf = ({ Plans = [] }: PlanNode) =>
  Plans.reduce((total, child) => total + (child['Parent Relationship'] === 'Outer' ? rowsOf(child) : 0), 0)
/** The rows that a plan wrote. */
const rowsWritten = (plan: PlanNode): number =>
  sum(plan, (node) => (node['Node Type'] === 'ModifyTable' ? inputOf(node) : 0))

/** The rows that one step of a plan locked: those that it wrote and that were there before, and those of FOR UPDATE. */
function lockedBy(node: PlanNode): number {
  if (node['Node Type'] === 'LockRows') return rowsOf(node)
  if (node['Node Type'] !== 'ModifyTable') return 0
  return node.Operation === 'Insert' ? (node['Conflicting Tuples'] ?? 0) : inputOf(node)
}
const mostLocked = (node: PlanNode): number => Math.max(lockedBy(node), ...(node.Plans ?? []).map(mostLocked))

/** The rows that it answered with or wrote. */
const rowsOfUse = (plan: PlanNode): number => rowsOf(plan) + rowsWritten(plan)

/** What a statement cost, in rows: it does not depend on the machine. */
export interface Work {
  /** The rows of one table that it kept others from. */
  locked: number
  written: number
  /** Those that it looked at or wrote. */
  touched: number
}

export const workOf = ({ plan }: Ran): Work => ({
  locked: mostLocked(plan),
  written: rowsWritten(plan),
  touched: rowsRead(plan) + rowsReread(plan) + rowsWritten(plan),
})

/** Reads a plan out of a message of `auto_explain`. */
export function explained(message: string): Ran | undefined {
  const told = /^duration: ([\d.]+) ms {2}plan:\n/.exec(message)
  if (!told) return undefined
  const { 'Query Text': text, Plan: plan } = JSON.parse(message.slice(told[0].length)) as {
    'Query Text': string
    Plan: PlanNode
  }
  return { text, ms: Number(told[1]), plan }
}

/**
 * How many rows a plan may look at: those that a portion takes, some times more from memory, and for each that is of use as many
 * as a join reads.
 */
const allowance = { read: 2_000, reread: 10_000, each: 25 }

/**
 * Law 2 of the design: no plan reads more rows than a constant times the rows that it returns.
 *
 * @param answer how many rows the statement is for, where it returns less than that: a count before an export.
 * @param read how many rows it may look at whatever it returns.
 */
export function isBounded({ plan }: Ran, answer = 0, read = allowance.read): boolean {
  const forUse = allowance.each * Math.max(answer, rowsOfUse(plan))
  return rowsRead(plan) <= read + forUse && rowsReread(plan) <= allowance.reread + forUse
}

/** A plan in a line each: what it scanned, and how many rows. */
export function describePlan({ text, ms, plan }: Ran): string {
  const scans: string[] = []
  sum(plan, (node) => {
    const removed = node['Rows Removed by Filter'] ?? 0
    if (isScan(node))
      scans.push(
        `${node['Node Type']} ${node['Index Name'] ?? node['Relation Name'] ?? ''}: ${rowsOf(node)} rows, ${removed} removed, ${node['Actual Loops']} loops`,
      )
    return 0
  })
  const statement = text.replaceAll(/\s+/g, ' ').slice(0, 400)
  return [
    `read ${Math.round(rowsRead(plan))} rows and ${Math.round(rowsReread(plan))} from memory for ${Math.round(rowsOfUse(plan))} in ${Math.round(ms)} ms: ${statement}`,
    ...scans.map((scan) => `    ${scan}`),
  ].join('\n')
}
