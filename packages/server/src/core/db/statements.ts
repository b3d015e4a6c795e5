import { tracingChannel } from 'node:diagnostics_channel'

/** A statement that is sent. */
export interface Statement {
  text: string
}

/** Statements as they are sent, for whoever listens: traces, where they are on. */
export const statements = tracingChannel<Statement, Statement>('mason:statement')

/** Sends a statement, and tells whoever listens. */
export const announced = <T>(text: string, send: () => Promise<T>): Promise<T> =>
  statements.hasSubscribers ? statements.tracePromise(send, { text }) : send()
