import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { newRawClient } from '../../packages/server/test/raw-client.ts'
import { onClose } from '../closing.ts'
import { costs, median } from '../compare.ts'
import { type Measured, readCpu } from '../cpu.ts'
import { seedFleet } from '../fleet.ts'
import { measureLoad } from '../load.ts'
import { processesOf, startPlatform } from '../platform.ts'
import { pick } from '../random.ts'
import { drawReporters, postReport } from '../reporter.ts'
import { getRequest } from '../request.ts'
import { reachSteadyState } from '../steady-state.ts'
import { directus } from './directus.ts'
import { parseServer } from './parse.ts'
import { type Device, type Peer, type Started, type Work, works } from './peer.ts'
import { postgraphile } from './postgraphile.ts'

const peers: Peer[] = [directus, parseServer, postgraphile]
const connections: Record<Work, number> = { read: 64, page: 16, update: 64 }

interface Options {
  devices: number
  seconds: number
  rounds: number
}

/** The rate of each work by each program, ours first. */
export interface HttpResults {
  names: string[]
  rates: Record<Work, number[]>
  leavesOut: string[]
}

/** Lets each program do the same work on the same devices in the same PostgreSQL, by turns. */
export async function measureHttp({ devices: count, seconds, rounds }: Options): Promise<HttpResults> {
  process.stderr.write(`filling a fleet of ${count.toLocaleString('en')} devices\n`)
  const platform = await startPlatform([])
  const client = await connectTo(platform.connection)
  const fleet = await seedFleet(client, count)
  await reachSteadyState(client)
  const reporters = await drawReporters(client, fleet, count)
  const starts = fleet.ids.slice(0, -101)
  const ours: Started = {
    pid: platform.pid,
    port: platform.port,
    requests: {
      read: () => getRequest(`/v1/default/device/${pick(fleet.ids)}`, platform.ownerKey),
      page: () => getRequest(`/v1/default/device?limit=100&after=${pick(starts)}`, platform.ownerKey),
      update: () => postReport(pick(reporters), 'partial'),
    },
  }
  const documents = await client.query<{ document: string }>('SELECT document FROM device_document ORDER BY id')
  const devices = documents.rows.map(({ document }) => JSON.parse(document) as Device)
  const started: Started[] = [ours]
  for (const peer of peers) started.push(await startPeer(peer, { connection: platform.connection, client, devices }))
  const { PostgreSQL } = processesOf(platform)
  const names = ['this platform', ...peers.map(({ name }) => name)]
  const rates = await measureAll({ names, started, seconds, rounds, processes: PostgreSQL ? { PostgreSQL } : {} })
  return { names, rates, leavesOut: peers.map(({ name, leavesOut }) => `${name}: ${leavesOut}.`) }
}

async function startPeer(
  peer: Peer,
  { connection, client, devices }: { connection: pg.ClientConfig; client: pg.Client; devices: Device[] },
): Promise<Started> {
  process.stderr.write(`starting ${peer.name}\n`)
  const database = `peer_${peer.name.replaceAll(/\W+/g, '_').toLowerCase()}`
  await client.query(`CREATE DATABASE ${database}`)
  const own = { ...connection, database }
  const folder = await mkdtemp(path.join(tmpdir(), 'mason-peer-'))
  onClose(() => rm(folder, { recursive: true, force: true }))
  return peer.start({ folder, connection: own, client: await connectTo(own), devices })
}

async function connectTo(connection: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client(connection)
  // PostgreSQL is stopped with the platform, which began before.
  client.on('error', () => {})
  onClose(() => client.end())
  await client.connect()
  return client
}

async function measureAll({
  names,
  started,
  seconds,
  rounds,
  processes,
}: {
  names: string[]
  started: Started[]
  seconds: number
  rounds: number
  processes: Record<string, Measured>
}): Promise<HttpResults['rates']> {
  const rates: HttpResults['rates'] = { read: [], page: [], update: [] }
  for (const work of works) {
    for (const [index, { port, requests }] of started.entries())
      await check(names[index] ?? '', work, port, requests[work]())
    const measured = started.map((): number[] => [])
    for (let round = 1; round <= rounds; round++)
      for (const [index, { pid, port, requests }] of started.entries()) {
        const used = { server: { pid }, ...processes }
        const [startedAt, before] = [performance.now(), readCpu(used)]
        const rate = await measureLoad({ port, connections: connections[work], seconds, request: requests[work] })
        const done = (rate * (performance.now() - startedAt)) / 1000
        measured[index]?.push(rate)
        process.stderr.write(
          `${work}, round ${round}, ${names[index]}: ${rate.toFixed(0)}/s, CPU µs each: ${costs(before, readCpu(used), done)}\n`,
        )
      }
    rates[work] = measured.map(median)
  }
  return rates
}

/** @throws Error unless the answer has what was asked for: GraphQL answers faults with 200, too. */
async function check(name: string, work: Work, port: number, request: string): Promise<void> {
  const { write, heard } = await newRawClient(port)
  write(request.replace('Host: localhost\r\n', 'Host: localhost\r\nConnection: close\r\n'))
  const answer = await heard
  const least = { read: 1_000, page: 100_000, update: 0 }[work]
  if (!/^HTTP\/1\.1 200 /.test(answer) || /"errors?":/.test(answer) || answer.length < least)
    throw new Error(`${name} does not do the work ${work}: ${answer.slice(0, 1_000)}`)
  process.stderr.write(`${work}, ${name}: ${answer.length.toLocaleString('en')} bytes\n`)
}
