import type { Route } from '@mason/contract/route'
import type { Route as Interception, Page, Request } from 'playwright-core'
import type { Schema } from '../../server/test/schema-values.ts'

type Answer = (interception: Interception) => Promise<void>

/** Stands between a page and one route of the server. */
export interface Gate {
  /** The requests that came, retries included. */
  requests: Request[]
  answer: Answer
}

/** Answers the requests of a page for one route in place of the server; dry runs pass. */
export async function gateOf(page: Page, route: Route): Promise<Gate> {
  const path = new RegExp(`${route.url.replace(':fleet', 'default').replace(/:\w+/g, '[^/?]+')}(\\?.*)?$`)
  const gate: Gate = { requests: [], answer: (interception) => interception.continue() }
  await page.route(path, async (interception) => {
    const request = interception.request()
    const isDryRun = request.postData()?.includes('"dryRun":true')
    if (request.method() !== route.method || isDryRun) return interception.fallback()
    gate.requests.push(request)
    await gate.answer(interception)
  })
  return gate
}

/** Answers with a refusal, as the API does. */
export const refuseWith =
  (status: number, body: { message: string; type?: string; errors?: { path: string; message: string }[] }): Answer =>
  (interception) =>
    interception.fulfill({
      status,
      contentType: 'application/json',
      body: JSON.stringify({ type: 'api_error', requestId: 'r1', ...body }),
    })

/** The places of a route's body at which there can be a fault, as the API writes them. */
export function pathsOf(route: Route): string[] {
  return ['', '/no-such-member', ...new Set(placesIn((route.schema.body ?? {}) as Schema))]
}

function placesIn(schema: Schema, path = ''): string[] {
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, part]) => [
    `${path}/${name}`,
    ...placesIn(part, `${path}/${name}`),
  ])
  const items = schema.items ? [`${path}/0`, ...placesIn(schema.items, `${path}/0`)] : []
  return [...members, ...items, ...(schema.anyOf ?? []).flatMap((branch) => placesIn(branch, path))]
}
