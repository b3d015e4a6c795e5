import pg from 'pg'
import type { PlanNode, Ran } from './plans.ts'

/** A transaction that changed something. */
export interface Transaction {
  ms: number
  /** The rows that each of its statements changed, most first. */
  changed: number
  /** Its first statement that changed rows. */
  text: string
}

export interface Recording {
  statements: Ran[]
  transactions: Transaction[]
}

/** What PostgreSQL is to tell of each statement, as settings of a database; see PostgreSQL's `auto_explain`. */
const settings = {
  session_preload_libraries: 'auto_explain',
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_timing': 'off',
  'auto_explain.log_format': 'json',
  'auto_explain.log_level': 'notice',
}

/**
 * Makes every session of a database tell the plan of each statement that takes so long, those in functions too. Sessions that
 * are open are ended, for only new ones do so.
 */
export async function explainAll(database: pg.ClientConfig, minDurationMs: number): Promise<void> {
  const client = new pg.Client(database)
  await client.connect()
  const name = (await client.query<{ name: string }>('SELECT current_database() AS name')).rows[0]?.name ?? ''
  const all = {
    ...settings,
    'auto_explain.log_nested_statements': 'on',
    'auto_explain.log_min_duration': minDurationMs,
  }
  for (const [setting, value] of Object.entries(all))
    await client.query(
      `ALTER DATABASE ${pg.escapeIdentifier(name)} SET ${setting} = ${pg.escapeLiteral(String(value))}`,
    )
  await client.query(
    'SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND pid <> pg_backend_pid()',
    [name],
  )
  await client.end()
}

let recording: Recording | undefined

/** Records every statement and transaction of this process while the work runs. */
export async function record(work: () => Promise<unknown>): Promise<Recording> {
  recording = { statements: [], transactions: [] }
  const own = recording
  try {
    await work()
    return own
  } finally {
    recording = undefined
  }
}

interface Open {
  startedMs: number
  changed: number
  text: string
}

const open = new WeakMap<pg.Client, Open>()

/** Listens to every connection that this process opens from now on. */
export function listenToAll(): void {
  wrap('connect', (client) => {
    client.on('notice', ({ message = '' }) => note(message))
    return () => {}
  })
  wrap('query', (client, query) => {
    const [text, startedMs] = [textOf(query), performance.now()]
    if (/^BEGIN\b/.test(text)) open.set(client, { startedMs, changed: 0, text: '' })
    return (answer) => {
      if (answer instanceof Promise)
        answer.then(
          (result) => follow(client, { text, startedMs }, result),
          () => open.delete(client),
        )
    }
  })
}

/** Has every call of a method of PostgreSQL's client looked at before, and what it answered after. */
function wrap(name: 'connect' | 'query', look: (client: pg.Client, query: unknown) => (answer: unknown) => void): void {
  const original: (...args: unknown[]) => unknown = pg.Client.prototype[name]
  function wrapped(this: pg.Client, ...args: unknown[]): unknown {
    const see = look(this, args[0])
    const answer = original.apply(this, args)
    see(answer)
    return answer
  }
  Object.assign(pg.Client.prototype, { [name]: wrapped })
}

const textOf = (query: unknown): string => {
  if (typeof query === 'string') return query
  return (query as { text?: string } | undefined)?.text ?? ''
}

function follow(
  client: pg.Client,
  { text, startedMs }: { text: string; startedMs: number },
  result: pg.QueryResult | pg.QueryResult[],
): void {
  const { command, rowCount } = Array.isArray(result) ? { command: '', rowCount: 0 } : result
  const isChange = /^(INSERT|UPDATE|DELETE|MERGE)$/.test(command)
  const transaction = open.get(client)
  if (/^(COMMIT|ROLLBACK)$/.test(text)) {
    open.delete(client)
    if (transaction && transaction.text !== '' && text === 'COMMIT')
      recording?.transactions.push({ ...transaction, ms: performance.now() - transaction.startedMs })
  } else if (isChange && transaction) {
    transaction.text ||= text
    transaction.changed = Math.max(transaction.changed, rowCount ?? 0)
  } else if (isChange) recording?.transactions.push({ text, changed: rowCount ?? 0, ms: performance.now() - startedMs })
}

/** Reads a plan out of a message of `auto_explain`. */
function note(message: string): void {
  const told = /^duration: ([\d.]+) ms {2}plan:\n/.exec(message)
  if (!told || !recording) return
  const { 'Query Text': text, Plan: plan } = JSON.parse(message.slice(told[0].length)) as {
    'Query Text': string
    Plan: PlanNode
  }
  recording.statements.push({ text, ms: Number(told[1]), plan })
}
