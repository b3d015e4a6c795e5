/** A node of a plan as `auto_explain` writes it. Source: PostgreSQL's EXPLAIN with FORMAT JSON. */
export interface PlanNode {
  'Node Type': string
  'Relation Name'?: string
  'Index Name'?: string
  Operation?: string
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
  /^(Seq|Index|Index Only|Bitmap Heap|Bitmap Index|Tid|Tid Range|Sample) Scan$/.test(type)
const rowsOf = ({ 'Actual Rows': rows = 0, 'Actual Loops': loops = 1 }: PlanNode) => rows * loops

function sum(node: PlanNode, count: (node: PlanNode) => number): number {
  return (node.Plans ?? []).reduce((total, child) => total + sum(child, count), count(node))
}

/** The rows of tables and indexes that a plan looked at, those that it threw away included. */
const rowsRead = (plan: PlanNode): number =>
  sum(plan, (node) => {
    if (!isScan(node)) return 0
    const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
    return rowsOf(node) + removed * (node['Actual Loops'] ?? 1)
  })

/** The rows that it answered with or changed. */
const rowsOfUse = (plan: PlanNode): number =>
  rowsOf(plan) + sum(plan, (node) => (node['Node Type'] === 'ModifyTable' ? inputOf(node) : 0))
const inputOf = ({ Plans = [] }: PlanNode) => Plans.reduce((total, child) => total + rowsOf(child), 0)

/** How many rows a plan may look at: those that a portion takes, and for each that is of use as many as a join reads. */
const allowance = { rows: 2_000, each: 25 }

/** Law 2 of the design: no plan reads more rows than a constant times the rows that it returns. */
export const isBounded = ({ plan }: Ran): boolean => rowsRead(plan) <= allowance.rows + allowance.each * rowsOfUse(plan)

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
    `read ${rowsRead(plan)} rows for ${rowsOfUse(plan)} in ${Math.round(ms)} ms: ${statement}`,
    ...scans.map((scan) => `    ${scan}`),
  ].join('\n')
}
