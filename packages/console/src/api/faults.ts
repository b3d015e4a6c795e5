import { ApiError } from '@mason/sdk/api-error'
import { ConnectionError } from '@mason/sdk/connection-error'

/** What went wrong, for a person. */
export function messageOf(error: unknown): string {
  if (error instanceof ConnectionError) return 'The server cannot be reached. Check your connection and try again.'
  if (error instanceof Error) return error.message
  return 'Something went wrong'
}

/** The faults of a refused form by field, as `{ name: 'This must not be empty' }`. */
export function fieldFaults(error: unknown): Record<string, string> {
  if (!(error instanceof ApiError)) return {}
  return Object.fromEntries(error.errors.map(({ path, message }) => [path.split('/')[1] ?? path, sentence(message)]))
}

/** Most faults go on from the name of what is wrong; some are commands. */
const sentence = (fault: string) =>
  /^(must|is|has) /.test(fault) ? `This ${fault}` : fault.charAt(0).toUpperCase() + fault.slice(1)
