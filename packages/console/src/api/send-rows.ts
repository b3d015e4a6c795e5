import type { Route } from '@mason/contract/route'
import { readAnswer } from '@mason/sdk/answer'
import { ConnectionError } from '@mason/sdk/connection-error'
import type { Answer } from '@mason/sdk/input'
import { platformFetch } from './client.ts'

/** Sends a file of rows, CSV or one JSON value a line, to a route that reads them as they arrive. */
export async function sendRows<R extends Route>(
  route: R,
  rows: File,
  { dryRun = false }: { dryRun?: boolean } = {},
): Promise<Answer<R>> {
  const path = route.url.replace(':fleet', 'default')
  const response = await platformFetch(dryRun ? `${path}?dryRun=true` : path, {
    method: route.method,
    // The server sees what it is; browsers name files of spreadsheets after the program that opens them.
    headers: { 'Content-Type': 'application/octet-stream' },
    body: rows,
  }).catch((cause) => {
    throw new ConnectionError('The file did not arrive', { cause })
  })
  return readAnswer(route, response, await response.text()) as Answer<R>
}
