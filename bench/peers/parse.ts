import { randomBytes } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type pg from 'pg'
import { startChild } from '../child.ts'
import { pick, twoDigits } from '../random.ts'
import { peersFolder, versionOf } from './install.ts'
import { type Device, fillTable, type Peer, type Place, request, type Started } from './peer.ts'

export const parseServer: Peer = {
  name: `Parse Server ${versionOf('parse-server')}`,
  leavesOut: 'its key is one for all clients and is compared in memory; it writes no event of an update',
  start,
}

export interface ParseOptions {
  connection: pg.ClientConfig
  key: string
  masterKey: string
}

const program = fileURLToPath(new URL('./parse-program.ts', import.meta.url))

const fields = {
  ...{
    name: 'String',
    serialnumber: 'String',
    family: 'String',
    group: 'String',
    lastcheckin: 'Date',
    online: 'Boolean',
  },
  ...{ imei: 'String', battery: 'Object', os: 'Object', connection: 'Object', apps: 'Array' },
}

async function start({ connection, client, devices }: Place): Promise<Started> {
  const [key, masterKey] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')]
  const options: ParseOptions = { connection, key, masterKey }
  const { pid, announced } = await startChild([program, JSON.stringify(options)], /^(\d+)\n/m, { cwd: peersFolder })
  const port = Number(announced)
  const made = await fetch(`http://127.0.0.1:${port}/parse/schemas/Device`, {
    method: 'POST',
    headers: { 'X-Parse-Application-Id': 'bench', 'X-Parse-Master-Key': masterKey, 'Content-Type': 'application/json' },
    body: JSON.stringify({
      className: 'Device',
      fields: Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, { type }])),
    }),
  })
  if (!made.ok) throw new Error(`Parse Server made no class: ${await made.text()}`)
  await fillTable(client, '"Device"', devices.map(rowOf))
  const headers = { 'X-Parse-Application-Id': 'bench', 'X-Parse-REST-API-Key': key }
  const classes = '/parse/classes/Device'
  const after = (id: string) => encodeURIComponent(JSON.stringify({ objectId: { $gt: id } }))
  return {
    pid,
    port,
    requests: {
      read: () => request('GET', `${classes}/${pick(devices).id}`, headers),
      page: () =>
        request('GET', `${classes}?limit=100&order=objectId&where=${after(pick(devices.slice(0, -101)).id)}`, headers),
      update: () => {
        const { id, connection: of } = pick(devices)
        const change = { battery: { level: String(twoDigits()) }, connection: of }
        return request('PUT', `${classes}/${id}`, headers, JSON.stringify(change))
      },
    },
  }
}

const rowOf = ({ id, group, createdAt, ...device }: Device) => ({
  ...device,
  ...{ objectId: id, group: group.name, createdAt, updatedAt: createdAt },
})
