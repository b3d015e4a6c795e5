// PostGraphile by itself, on the table of the bench.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import pg from 'pg'
import { requirePeer } from './install.ts'

const { postgraphile } = requirePeer('postgraphile')
const { PostGraphileAmberPreset } = requirePeer('postgraphile/presets/amber')
const { makePgService } = requirePeer('postgraphile/adaptors/pg')
const { grafserv } = requirePeer('postgraphile/grafserv/node')

const pool = new pg.Pool({ ...JSON.parse(process.argv[2] ?? '{}'), max: 10 })
const serv = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ['public'] })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false, maxRequestLength: 1_000_000 },
  grafast: { explain: false },
}).createServ(grafserv)
const server = createServer()
await serv.addTo(server)
server.listen(0, '127.0.0.1', () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`))
