import { existsSync } from 'node:fs'
import path from 'node:path'
import type { Config } from '../../config.ts'
import type { OpenDatabase } from '../../core/db/open.ts'
import { type Check, type Findings, lookFor } from './check.ts'
import { connections } from './checks/connections.ts'
import { allChecks } from './checks.ts'

type Kind = 'ok' | 'warning' | 'fault' | '-'

/**
 * Looks at everything that is set, and prints a line for each check, fault and warning.
 *
 * @param open connects to the database; why it cannot is a fault like any other.
 * @returns how many faults there are.
 */
export async function examine(
  config: Config,
  print: (line: string) => void,
  open: () => Promise<OpenDatabase>,
): Promise<number> {
  const count = { ok: 0, warning: 0, fault: 0, '-': 0 }
  const say = (kind: Kind, name: string, text: string) => {
    count[kind]++
    print(`${kind.padEnd(7)}  ${name.padEnd(width)}  ${text}`)
  }
  const opened = isNew(config) ? undefined : await open().catch((error: Error) => error)
  const database = opened instanceof Error ? undefined : opened?.database
  if (opened === undefined) say('-', 'database', `DATA_DIR=${config.DATA_DIR} is new; the first start makes it`)
  if (opened instanceof Error) say('fault', 'database', opened.message)
  try {
    const asked = allChecks.filter((check) => database !== undefined || check !== connections)
    for (const check of asked) tell(check, await lookFor(check, { config, database }), say)
  } finally {
    if (!(opened instanceof Error)) await opened?.close()
  }
  print(
    `\n${count.fault} faults, ${count.warning} warnings, ${count.ok} in order, ${count['-']} not set or not looked at`,
  )
  return count.fault
}

const width = Math.max(...allChecks.map(({ name }) => name.length))

/** A PostgreSQL that a start would make is not made to be looked at. */
const isNew = ({ DATABASE_URL, DATA_DIR }: Config) =>
  DATABASE_URL === undefined && !existsSync(path.join(DATA_DIR, 'postgres'))

function tell({ name }: Check, found: Findings, say: (kind: Kind, name: string, text: string) => void): void {
  const { faults = [], warnings = [], seen, skipped } = found
  for (const text of faults) say('fault', name, text)
  for (const text of warnings) say('warning', name, text)
  if (faults.length + warnings.length > 0) return
  if (skipped !== undefined) say('-', name, skipped)
  else say('ok', name, seen ?? '')
}
