import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { runChild } from '../child.ts'
import { findFreePort } from '../platform.ts'
import { pick, twoDigits } from '../random.ts'
import { peersFolder, versionOf } from './install.ts'
import { deviceTable, fillTable, type Peer, type Place, request, rowOf, type Started } from './peer.ts'
import { startServer } from './server.ts'

export const directus: Peer = {
  name: `Directus ${versionOf('directus')}`,
  leavesOut: 'its audit of the update is turned off; it writes no event of it',
  start,
}

async function start({ folder, connection, client, devices }: Place): Promise<Started> {
  await client.query(deviceTable)
  await fillTable(client, 'device', devices.map(rowOf))
  const [port, token] = [await findFreePort(), randomBytes(16).toString('hex')]
  const program = path.join(peersFolder, 'node_modules/directus/cli.js')
  const env = {
    ...{ DB_CLIENT: 'pg', DB_HOST: String(connection.host), DB_PORT: String(connection.port) },
    ...{ DB_DATABASE: String(connection.database), DB_USER: String(connection.user), DB_PASSWORD: 'unused' },
    ...{ HOST: '127.0.0.1', PORT: String(port), SECRET: token, SERVE_APP: 'false', LOG_LEVEL: 'error' },
    ...{ ADMIN_EMAIL: 'owner@example.com', ADMIN_PASSWORD: token, ADMIN_TOKEN: token },
    ...{ TELEMETRY: 'false', PRESSURE_LIMITER_ENABLED: 'false', RATE_LIMITER_ENABLED: 'false' },
    ...{ STORAGE_LOCAL_ROOT: folder, EXTENSIONS_PATH: folder },
  }
  await runChild(process.execPath, [program, 'bootstrap'], { env, cwd: folder })
  // No audit of what changes: the platform writes none of a check-in.
  await client.query(`INSERT INTO directus_collections (collection, accountability) VALUES ('device', NULL)`)
  const { pid } = await startServer([process.execPath, program, 'start'], { env, cwd: folder }, async () => {
    return (await fetch(`http://127.0.0.1:${port}/server/ping`)).ok
  })
  const headers = { Authorization: `Bearer ${token}` }
  const items = '/items/device'
  return {
    pid,
    port,
    requests: {
      read: () => request('GET', `${items}/${pick(devices).id}`, headers),
      // It compares no ids.
      page: () => {
        const { createdAt } = pick(devices.slice(0, -101))
        return request('GET', `${items}?limit=100&sort=created_at&filter[created_at][_gt]=${createdAt}`, headers)
      },
      update: () => {
        const { id, connection: of } = pick(devices)
        const change = { battery: { level: String(twoDigits()) }, connection: of }
        return request('PATCH', `${items}/${id}`, headers, JSON.stringify(change))
      },
    },
  }
}
