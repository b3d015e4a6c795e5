import { fileURLToPath } from 'node:url'
import { startChild } from '../child.ts'
import { pick, twoDigits } from '../random.ts'
import { peersFolder, versionOf } from './install.ts'
import { deviceTable, fillTable, type Peer, type Place, request, rowOf, type Started } from './peer.ts'

export const postgraphile: Peer = {
  name: `PostGraphile ${versionOf('postgraphile')}`,
  leavesOut: 'it checks no key here and limits no rate; it writes no event of an update',
  start,
}

const program = fileURLToPath(new URL('./postgraphile-program.ts', import.meta.url))

const fields = 'rowId name serialnumber family groupName createdAt lastCheckin online imei battery os connection apps'
const read = `query Read($id: UUID!) { deviceByRowId(rowId: $id) { ${fields} } }`
const page = `query Page($after: Cursor) { allDevices(first: 100, after: $after) { nodes { ${fields} } pageInfo { hasNextPage endCursor } } }`
const update = `
  mutation Update($id: UUID!, $battery: JSON!, $connection: JSON!) {
    updateDeviceByRowId(input: { rowId: $id, devicePatch: { battery: $battery, connection: $connection } }) { clientMutationId }
  }`
const cursors = `query Cursors { allDevices { edges { cursor } } }`

async function start({ connection, client, devices }: Place): Promise<Started> {
  await client.query(deviceTable)
  await fillTable(client, 'device', devices.map(rowOf))
  const { pid, announced } = await startChild([program, JSON.stringify(connection)], /^(\d+)\n/m, { cwd: peersFolder })
  const port = Number(announced)
  const starts = (await readCursors(port)).slice(0, -101)
  const send = (query: string, variables: object) =>
    request('POST', '/graphql', { Accept: 'application/json' }, JSON.stringify({ query, variables }))
  return {
    pid,
    port,
    requests: {
      read: () => send(read, { id: pick(devices).id }),
      page: () => send(page, { after: pick(starts) }),
      update: () => {
        const { id, connection: of } = pick(devices)
        return send(update, { id, battery: { level: String(twoDigits()) }, connection: of })
      },
    },
  }
}

async function readCursors(port: number): Promise<string[]> {
  const answer = await fetch(`http://127.0.0.1:${port}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify({ query: cursors }),
  })
  const { data, errors } = (await answer.json()) as {
    data?: { allDevices: { edges: { cursor: string }[] } }
    errors?: object
  }
  if (!data) throw new Error(`PostGraphile: ${JSON.stringify(errors)}`)
  return data.allDevices.edges.map(({ cursor }) => cursor)
}
