import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { json } from 'node:stream/consumers'
import { createExport } from '@mason/contract/export'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { startPlatform } from '../../../test/harness.ts'
import { summaryOf } from './summary.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: { key: string; value: { stringValue?: string; intValue?: number } }[]
  status: { code?: number }
}

/** A collector that keeps what it is sent (OTLP over HTTP, JSON). */
async function startCollector() {
  const sent: { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }[] = []
  const server = createServer(async (request, response) => {
    if (request.url === '/v1/traces') sent.push((await json(request)) as never)
    response.setHeader('content-type', 'application/json').end('{}')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    text: () => JSON.stringify(sent),
    spans: () =>
      sent.flatMap(({ resourceSpans }) =>
        resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
      ),
    stop: () => new Promise((resolve) => server.close(resolve)),
  }
}

const [trace, caller] = ['0af7651916cd43dd8448eb211c80319c', 'b7ad6b7169203331']
let collector: Awaited<ReturnType<typeof startCollector>>
let secrets: string[]
beforeAll(async () => {
  collector = await startCollector()
  const platform = await startPlatform({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })
  const account = await platform.newAccount()
  const body = JSON.stringify({ name: 'vault-of-group' })
  const headers = { traceparent: `00-${trace}-${caller}-01`, 'content-type': 'application/json' }
  const made = await platform.fetch('/v1/default/group?x-secret=query-secret', {
    method: 'POST',
    key: account.key,
    headers,
    body,
  })
  expect(made.status).toBe(400)
  expect((await platform.fetch('/v1/default/group', { method: 'POST', key: account.key, headers, body })).status).toBe(
    200,
  )
  const device = await newDevice(platform, account)
  await account.call(createExport, { kind: 'device', format: 'csv' })
  await eventually(async () => {
    const { rows } = await platform.database.pool.query("SELECT FROM export WHERE state = 'succeeded'")
    expect(rows).toHaveLength(1)
  })
  await platform.stop()
  secrets = [account.key, device.secret, device.id, 'vault-of-group', 'query-secret', account.accountId]
})
afterAll(() => collector.stop())

const attributesOf = ({ attributes }: Span) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]))

test('a request is a span below that of its caller, and its statements are spans below it', () => {
  const requests = collector.spans().filter(({ traceId, parentSpanId }) => traceId === trace && parentSpanId === caller)
  expect(requests.map((span) => attributesOf(span)['http.response.status_code'])).toEqual([400, 200])
  const [, request] = requests
  expect(request).toMatchObject({ name: 'createGroup', kind: 2 })
  expect(request && attributesOf(request)).toMatchObject({
    'http.request.method': 'POST',
    'http.route': '/v1/:fleet/group',
    'mason.operation': 'createGroup',
  })
  const below = collector.spans().filter(({ parentSpanId }) => parentSpanId === request?.spanId)
  expect(below.map(({ name }) => name)).toContainEqual(expect.stringMatching(/^INSERT .*device_group|^INSERT .*group/))
  for (const span of below) expect(attributesOf(span)['db.system.name']).toBe('postgresql')
})

test('a job is a span with its statements below it', () => {
  const names = new Map(collector.spans().map(({ spanId, name }) => [spanId, name]))
  const jobs = [...names.values()].filter((name) => name.startsWith('job '))
  expect(jobs).toEqual(expect.arrayContaining(['job fold-counters', 'job export']))
  const parents = collector.spans().map(({ parentSpanId = '' }) => names.get(parentSpanId))
  expect(parents).toContain('job export')
})

test('no key, name, id or value leaves the platform', () => {
  for (const secret of secrets) expect(collector.text()).not.toContain(secret)
})

test('without a collector nothing of it is loaded', () => {
  const node = path.resolve(import.meta.dirname, '../../node.ts')
  const script = `
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ resolve: (name, context, next) => (loaded.push(name), next(name, context)) })
    await import(${JSON.stringify(node)})
    console.log(loaded.filter((name) => /opentelemetry\\/(sdk|exporter|core|context)/.test(name)).length, loaded.length > 100)
    process.exit()`
  expect(String(execFileSync(process.execPath, ['--input-type=module', '-e', script]))).toBe('0 true\n')
})

test.each([
  ['SELECT id FROM device WHERE id = $1', 'SELECT device'],
  ['INSERT INTO node (id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET seen_at = now()', 'INSERT node'],
  ['UPDATE heartbeat SET seen_at = now() FROM unnest($1::uuid[]) AS x', 'UPDATE heartbeat'],
  ["WITH a AS (SELECT 1 FROM sim JOIN device ON true) SELECT 'FROM secret' FROM a", 'WITH sim device a'],
])('%s is told as %s', (text, summary) => expect(summaryOf(text)).toBe(summary))
