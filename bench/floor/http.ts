// The floor of the reads: node:http and one prepared statement over a pipelined connection, with nothing of ours in it.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'

const client = new pg.Client({ ...JSON.parse(process.argv[2] ?? '{}'), pipeline: true })
await client.connect()

const one = 'SELECT document FROM floor_document WHERE id = $1'
const page = 'SELECT document FROM floor_document WHERE id > $1 ORDER BY id LIMIT 100'
const [onePath, pagePath] = ['/v1/default/device/', '/v1/default/device?limit=100&after=']

// The cheapest use of `pg`: binary results save PostgreSQL a copy, callbacks save a promise, and appended text is joined only
// once, when it is sent (together 577 µs per page instead of 1,007).
function answer(response: ServerResponse, name: string, text: string, id: string): void {
  const query = { name, text, values: [id], rowMode: 'array', binary: true }
  void client.query(query, (error: Error, { rows }: pg.QueryArrayResult<[string]>) => {
    if (error) throw error
    let body = '{"data":['
    let separator = ''
    for (const [document] of rows) {
      body += separator + document
      separator = ','
    }
    body += ']}'
    response.writeHead(200, {
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Length': Buffer.byteLength(body),
    })
    response.end(body)
  })
}

const server = createServer((request, response) => {
  const url = request.url ?? ''
  if (url.startsWith(onePath)) answer(response, 'one', one, url.slice(onePath.length))
  else answer(response, 'page', page, url.slice(pagePath.length))
})
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
