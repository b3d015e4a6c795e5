import { ApiError } from '@mason/sdk/api-error'
import { ConnectionError } from '@mason/sdk/connection-error'

/** What went wrong, for a person. */
export function messageOf(error: unknown): string {
  if (error instanceof ConnectionError) return 'The server cannot be reached. Check your connection and try again.'
  if (error instanceof ApiError && error.status === 401) return 'Your session has ended. Sign in and try again.'
  if (error instanceof Error && error.message !== '') return error.message
  return 'Something went wrong. Try again.'
}

/** Whether there is no such thing, or no longer. */
export const isGone = (error: unknown): boolean => error instanceof ApiError && error.status === 404

type Fault = ApiError['errors'][number]

/** What is wrong with a form that was refused: each fault is told at its field or, where that is not drawn, beside the button. */
export interface Faults {
  /**
   * What is wrong with a field: with what lies at a path of the request's body (`name`, `rollout/steps`) or below it.
   * Whoever asks draws it; it is not told again.
   */
  at(...paths: string[]): string | undefined
  /** What no field tells. */
  others(): string[]
}

export function faultsOf(error: unknown): Faults {
  const left = new Set<Fault>(error instanceof ApiError ? error.errors : [])
  const hasFaults = left.size > 0
  return {
    at: (...paths) => {
      const found = [...left].filter(({ path }) => paths.some((one) => isWithin(path, one)))
      for (const fault of found) left.delete(fault)
      return found.length === 0 ? undefined : found.map(({ message }) => asSentence(message)).join('. ')
    },
    others: () => {
      if (error === undefined || error === null) return []
      return hasFaults ? [...left].map(withName) : [messageOf(error)]
    },
  }
}

const isWithin = (path: string, parent: string) => path === `/${parent}` || path.startsWith(`/${parent}/`)

/** The server's clauses go on from a name ("must be text"), or are commands ("choose at least one scope"). */
const isClause = (message: string) => /^(must|is|has|goes|and) /.test(message)

const asSentence = (message: string) =>
  isClause(message) ? `This ${message}` : message.slice(0, 1).toUpperCase() + message.slice(1)

function withName({ path, message }: Fault): string {
  const name = path.replace(/^\//, '') || 'The request'
  return isClause(message) ? `${name} ${message}` : `${name}: ${message}`
}
