import pg from 'pg'
import { explained, isBounded, type Ran, type Work, workOf } from './plans.ts'

/** A transaction that locked or wrote something. */
export interface Transaction extends Work {
  ms: number
  /** What its client sent first that changed rows, or anything, where all was done by functions and triggers. */
  text: string
}

export interface Recording {
  /** How many statements were looked at. */
  statements: number
  /** Those whose plans are not bounded by their answers, the first of each text. */
  unbounded: Map<string, Ran>
  transactions: Transaction[]
}

let recording: Recording | undefined

/** Records every statement and transaction of this process while the work runs. */
export async function record(work: () => Promise<unknown>): Promise<Recording> {
  recording = { statements: 0, unbounded: new Map(), transactions: [] }
  const own = recording
  try {
    await work()
    return own
  } finally {
    recording = undefined
  }
}

/** A transaction that is under way; a statement outside of one is one by itself. */
interface Open extends Work {
  startedMs: number
  isWithBegin: boolean
  texts: string[]
}

const open = new WeakMap<pg.Client, Open>()

/** Listens to every connection that this process opens from now on. */
export function listenToAll(): void {
  wrap('connect', (client) => {
    client.on('notice', ({ message = '' }) => note(client, message))
    return () => {}
  })
  wrap('query', (client, query) => {
    const text = textOf(query)
    const isWithBegin = /^BEGIN\b/.test(text)
    if (isWithBegin || !open.has(client))
      open.set(client, { startedMs: performance.now(), isWithBegin, texts: [], locked: 0, written: 0, touched: 0 })
    const transaction = open.get(client)
    if (!isWithBegin) transaction?.texts.push(text)
    return () => {
      if (open.get(client) === transaction && (!transaction?.isWithBegin || /^(COMMIT|ROLLBACK)$/.test(text)))
        end(client)
    }
  })
}

/** Has every call of a method of PostgreSQL's client looked at before and, however it is answered, after it. */
function wrap(name: 'connect' | 'query', look: (client: pg.Client, query: unknown) => () => void): void {
  const original: (...args: unknown[]) => unknown = pg.Client.prototype[name]
  function wrapped(this: pg.Client, ...args: unknown[]): unknown {
    const see = look(this, args[0])
    // The pool passes a callback.
    const callback = args.at(-1)
    if (typeof callback === 'function')
      args[args.length - 1] = (...answer: unknown[]) => {
        see()
        callback(...answer)
      }
    const answer = original.apply(this, args)
    if (answer instanceof Promise) answer.then(see, see)
    return answer
  }
  Object.assign(pg.Client.prototype, { [name]: wrapped })
}

const textOf = (query: unknown): string => {
  if (typeof query === 'string') return query
  return (query as { text?: string } | undefined)?.text ?? ''
}

function end(client: pg.Client): void {
  const transaction = open.get(client)
  open.delete(client)
  if (!transaction || transaction.locked + transaction.written === 0) return
  const { startedMs, texts, locked, written, touched } = transaction
  const text = texts.find((one) => /\b(INSERT|UPDATE|DELETE|MERGE)\b/.test(one)) ?? texts[0] ?? ''
  recording?.transactions.push({ ms: performance.now() - startedMs, text, locked, written, touched })
}

/** What `auto_explain` says of a statement, before the statement is answered. */
function note(client: pg.Client, message: string): void {
  const ran = explained(message)
  if (!ran) return
  if (recording) {
    recording.statements++
    if (!isBounded(ran) && !recording.unbounded.has(ran.text)) recording.unbounded.set(ran.text, ran)
  }
  const transaction = open.get(client)
  if (!transaction) return
  const { locked, written, touched } = workOf(ran)
  transaction.locked = Math.max(transaction.locked, locked)
  transaction.written += written
  transaction.touched += touched
}
