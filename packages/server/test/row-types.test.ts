import { fileURLToPath } from 'node:url'
import pg from 'pg'
import type * as ast from 'typescript/unstable/ast'
import * as is from 'typescript/unstable/ast/is'
import { API, type Checker, type Type } from 'typescript/unstable/sync'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Column, describeStatement } from './describe-statement.ts'
import { usePlatform } from './harness.ts'
import { StaticSql, unknownName, unknownPiece } from './static-sql.ts'

const platform = usePlatform()
const root = fileURLToPath(new URL('../../../', import.meta.url))
const source = `${root}packages/server/src/`

/** A typed query of the program, and where it is. */
interface Call {
  at: string
  text: string
  row: Type
}

let api: API
let client: pg.Client
let checker: Checker
beforeAll(async () => {
  api = new API({ cwd: root })
  client = new pg.Client({ ...platform.database.pool.options } as pg.ClientConfig)
  await client.connect()
  // Judging usage works on a temporary table.
  await client.query('CREATE TEMPORARY TABLE touched (LIKE usage_touched)')
}, 300_000)
afterAll(async () => {
  api.close()
  await client.end()
})

test('the row type of every query is what its statement returns', async () => {
  const [project] = api.updateSnapshot({ openProjects: [`${root}tsconfig.json`] }).getProjects()
  if (!project) throw new Error('tsconfig.json is a project')
  checker = project.checker
  const sql = new StaticSql(project)
  const calls = project.program
    .getSourceFileNames()
    .filter((name) => name.startsWith(source) && !name.endsWith('.test.ts'))
    .flatMap((name) => callsIn(project.program.getSourceFile(name), name.slice(source.length), sql))
  const faults: string[] = []
  for (const call of calls) faults.push(...(await faultsOf(call)))
  const isExcused = (fault: string) =>
    Object.keys(dynamic).some((call) => fault.startsWith(`${call}: cannot be described`)) ||
    Object.keys(neverNull).some((column) => fault.startsWith(`${column} is `) && fault.endsWith('may be null'))
  expect(calls.length).toBeGreaterThan(130)
  expect(faults.filter((fault) => !isExcused(fault))).toEqual([])
  const excuses = [...Object.keys(dynamic), ...Object.keys(neverNull)]
  expect(excuses.filter((excuse) => !faults.some((fault) => fault.startsWith(excuse)))).toEqual([])
}, 300_000)

function callsIn(file: ast.SourceFile | undefined, path: string, sql: StaticSql): Call[] {
  const calls: Call[] = []
  const visit = (node: ast.Node): void => {
    if (
      is.isCallExpression(node) &&
      is.isPropertyAccessExpression(node.expression) &&
      node.expression.name.text === 'query'
    ) {
      const [typeNode] = node.typeArguments ?? []
      const [query] = node.arguments
      const row = typeNode && checker.getTypeFromTypeNode(typeNode)
      if (file && typeNode && query && row && !row.isTypeParameter())
        calls.push({ at: `${path}: ${typeNode.getText(file).replaceAll(/\s+/g, ' ')}`, text: sql.read(query), row })
    }
    node.forEachChild(visit)
  }
  if (file) visit(file)
  return calls
}

/** Statements that are put together only when the program runs, and what checks them instead. */
const dynamic: Record<string, string> = {
  'connectivity/carrier-sync/claim.ts: Claimed':
    'the same steps through two tables; the tests of carriers claim by both',
  'core/backup/catalog.ts: { value: string; isCalled: boolean }': 'the sequence is named at run time',
  'access/apikey/key-cache.ts: Row': 'its two statements are those of the callers; keys that are used test them',
  'access/credential/live-cache.ts: { index: number; name: string }': 'a SELECT of each cache; each has its test',
  'core/db/migrate.ts: { taken: boolean }': 'sent without parameters, which would keep a snapshot; migrations test it',
  'core/http/lines.ts: { key: string; document: string }':
    'each kind of what is kept of a device or user; its export is tested',
  'core/http/page.ts: Row': 'the statement of each list; the tests of paging walk all of them',
  'core/filter/page.ts: { key: string }': 'the filter of each list; property tests compare it with one in memory',
  'core/http/sorted-page.ts: Place': 'the sort of each list; tests walk all of them',
  "core/http/sorted-page.ts: Pick<Row, 'key' | 'document'>": 'the documents of each list, of which the same tests are',
  'core/db/hot.ts: [string | null]': 'the statement of pages without a filter; the tests of paging walk them',
  'core/http/search.ts: { key: string }': 'a SELECT of each thing that is searched; its test searches each',
  'core/http/search.ts: { keys: string[]; looked: number }': 'the same, of the first texts',
  'outward/event/find.ts: { id: string }': 'the index of each filter; the tests of events ask by all of them',
  'outward/search/service.ts: { rank: number; document: Found }': 'the names of each kind; its test searches each',
  'outward/alert/holding.ts: Holding': 'the condition of a rule; the tests of alerts ask each',
  'outward/alert/holding.ts: { key: string }': 'what each condition may hold for; the same tests walk past it',
  'outward/alert/rule-service.ts: { count: number }': 'the condition of a rule; its preview is tested',
  'core/http/find-within.ts: { key: string }': 'each list of the restricted; a walk reads all of them',
  'core/http/find-within.ts: { keys: string[]; count: number }': 'the same, of the first items',
  'core/filter/count.ts: { count: number }': 'the table, or its rows within a reach; property tests count both',
  'fleet/device/target.ts: { id: string }': 'the fleet, or the devices within a reach; commands to each test it',
  'fleet/device/target.ts: { total: number }': 'the same, counted',
  'connectivity/sim/bulk.ts: { iccid: string }': 'the SIMs, or those within a reach; bulk changes of each test it',
  'connectivity/sim/bulk.ts: { total: number }': 'the same, counted',
  'fleet/notification/batch-within.ts: Within & { commands: number }':
    'the commands within a reach; a batch of several groups tests it',
  'fleet/notification/batch-within.ts: { id: string }': 'the same, one by one',
  'connectivity/usage/write-sources.ts: Changed': 'two statements with one row type; the law of usage tests both',
  'core/jobs/delete-old.ts: Place & { seen: number }': 'a condition for each table; what is forgotten of each tests it',
}

/** Columns that may be null in their table, and never are in what their statement finds. */
const neverNull: Record<string, string> = {
  'connectivity/carrier-sync/sync-state.ts: { sync: SyncState }: sync': 'the statement sets it',
  'access/auth/password.ts: { email: string; hash: string }: hash': 'whoever signed in has a password',
  'access/auth/sign-in.ts: Candidate: passwordHash': 'the statement asks for users who have one',
  'access/auth/totp.ts: { totp_secret: Buffer }: totp_secret': 'the statement asks for users who have one',
  'connectivity/carrier-sync/carry-out.ts: Asked: target': 'the statement asks for SIMs with a pending state',
  "fleet/notification/queue-batch.ts: { type: NotificationType target: PlainTarget groups: string[] | null payload: string | null expires_at: string | null after_device: string is_total_known: boolean created_at: string not_before: string | null time_window: Timing['window'] created_by: Queueing['createdBy'] }: created_by":
    'batches from before it was kept are not being queued',
  'outward/schedule/run.ts: Due: next_run_at': 'the statement asks for schedules that are due',
  'software/deployment/tell.ts: { device_id: string; place: number }: place': 'every device that waits has a place',
}

/**
 * What stands for pieces that are only known when the program runs: nothing, a condition, a number, a text, a query. The columns
 * that the statement itself names do not depend on them.
 */
const standIns = [
  '',
  'true',
  '0',
  'NULL::text',
  'SELECT ctid, NULL::text AS document, current_date AS day, 0 AS upload, 0 AS download FROM notification',
]

const relations = ['device_document', 'usage_touched']

function filled(statement: string): string[] {
  if (statement === unknownPiece) return []
  return relations.flatMap((relation) => withStandIns(statement.replaceAll(unknownName, relation)))
}

function withStandIns(text: string): string[] {
  const pieces = text.split(unknownPiece)
  // All pieces alike, and of two each with each.
  if (pieces.length !== 3) return standIns.map((standIn) => pieces.join(standIn))
  const [before, between, after] = pieces
  return standIns.flatMap((one) => standIns.map((other) => `${before}${one}${between}${other}${after}`))
}

async function faultsOf({ at, text, row }: Call): Promise<string[]> {
  let failure = 'nothing of it is known'
  for (const statement of filled(text)) {
    try {
      return compare(row, await describeStatement(client, statement)).map((fault) => `${at}: ${fault}`)
    } catch (error) {
      failure = (error as Error).message
    }
  }
  return [`${at}: cannot be described: ${failure}`]
}

function compare(row: Type, columns: Column[]): string[] {
  const byName = new Map(columns.map((column) => [column.name, column]))
  return checker.getPropertiesOfType(row).flatMap((member) => {
    const declared = checker.getTypeOfSymbol(member)
    const column = byName.get(member.name)
    if (!column) return [`no column ${member.name} among ${[...byName.keys()].join(', ')}`]
    if (!declared) return []
    const text = checker.typeToString(declared)
    const faults = isOf(column.type, declared) ? [] : [`${member.name} is ${text} and not of type ${column.type}`]
    if (column.isNullable && !isNullable(declared)) faults.push(`${member.name} is ${text} and may be null`)
    return faults
  })
}

const isNullable = (type: Type) => checker.isTypeAssignableTo(checker.getNullType(), type)

const { builtins } = pg.types
const numbers: number[] = [builtins.INT2, builtins.INT4, builtins.INT8, builtins.FLOAT4, builtins.FLOAT8, builtins.OID]
const times: number[] = [builtins.TIMESTAMPTZ, builtins.TIMESTAMP, builtins.DATE]
const arrays: Record<number, (type: Type) => boolean> = {
  1005: isNumber,
  1007: isNumber,
  1009: isString,
  1021: isNumber,
  1022: isNumber,
  2951: isString,
  1015: isString,
}

function isNumber(type: Type): boolean {
  return checker.isTypeAssignableTo(type, checker.getNumberType())
}
function isString(type: Type): boolean {
  return checker.isTypeAssignableTo(type, checker.getStringType())
}

/** Whether the driver gives values of this type of PostgreSQL as values of that of TypeScript. */
function isOf(oid: number, declared: Type): boolean {
  const type = checker.getNonNullableType(declared) ?? declared
  const text = checker.typeToString(type)
  if (text === 'unknown') return true
  if (numbers.includes(oid)) return isNumber(type)
  if (oid === builtins.BOOL) return checker.isTypeAssignableTo(type, checker.getBooleanType())
  if (times.includes(oid)) return text === 'Date'
  if (oid === builtins.BYTEA) return text.startsWith('Buffer')
  if (oid === builtins.JSON || oid === builtins.JSONB) return !isString(type) && !isNumber(type)
  const ofElement = arrays[oid]
  if (ofElement) {
    const [element] = type.isTypeReference() ? checker.getTypeArguments(type) : []
    return element !== undefined && ofElement(element)
  }
  return isString(type)
}
