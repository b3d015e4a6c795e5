import type { Route } from '@mason/contract/route'
import { readAnswer } from '@mason/sdk/answer'
import { ConnectionError } from '@mason/sdk/connection-error'
import type { Answer } from '@mason/sdk/input'
import { platformFetch } from './client.ts'

/** Sends a file of rows, CSV or one JSON value a line, to a route that reads them as they arrive. */
export async function sendRows<R extends Route>(route: R, rows: File): Promise<Answer<R>> {
  const response = await platformFetch(route.url.replace(':fleet', 'default'), {
    method: route.method,
    // The server sees what it is; browsers name files of spreadsheets after the program that opens them.
    headers: { 'Content-Type': 'application/octet-stream' },
    body: rows,
  }).catch((cause) => {
    throw new ConnectionError('The file did not arrive', { cause })
  })
  return readAnswer(route, response, await response.text()) as Answer<R>
}
