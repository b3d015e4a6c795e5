import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { eventually } from '../eventually.ts'

const script = path.resolve(import.meta.dirname, '../../../../deploy/cluster/local')
const databases = ['db1', 'db2', 'db3'] as const

type Database = (typeof databases)[number]
type Machine = Database | 'node1' | 'node2' | 'haproxy' | 'nats'

/** The cluster of deploy/cluster on this machine. */
export interface Cluster {
  folder: string
  /** Where HAProxy answers. */
  url: string
  mqttUrl: string
  ownerKey: string
  /** Past HAProxy. */
  nodeUrl(node: 'node1' | 'node2'): string
  start(machine: Machine): Promise<void>
  /** Ends it in order. */
  stop(machine: Machine): Promise<void>
  /** Takes the power away. */
  kill(machine: Machine): Promise<void>
  /** Lets PostgreSQL crash where the primary is, or all of that machine; says which it was. */
  killPrimary(how: 'crash' | 'power'): Promise<Database>
  /** Resolves once there is a primary, and a standby that has everything. */
  untilWhole(): Promise<void>
  end(): Promise<void>
}

interface Member {
  name: string
  role: string
  state: string
  lag?: number | 'unknown'
}

export async function startCluster(): Promise<Cluster> {
  // The path of a socket has room for a short one.
  const folder = await mkdtemp('/tmp/mason-cluster-')
  const run = async (command: string, machine?: Machine) => {
    await promisify(execFile)(script, [command, folder, ...(machine ? [machine] : [])], { timeout: 150_000 })
  }
  // Its logs stay, and say why.
  await run('start').catch(async (error) => {
    await run('stop')
    throw error
  })
  const settings = await readFile(path.join(folder, 'cluster.env'), 'utf8')
  const address = (machine: string) => new RegExp(`^${machine}=(.+)$`, 'm').exec(settings)?.[1] ?? ''

  const members = async (): Promise<Member[]> => {
    for (const name of databases)
      try {
        const answer = await fetch(`http://${address(name)}:8008/cluster`)
        return ((await answer.json()) as { members: Member[] }).members
      } catch {
        // One of the three may be down.
      }
    throw new Error('no Patroni answers')
  }
  return {
    folder,
    url: `http://${address('front')}:8080`,
    mqttUrl: `mqtt://${address('front')}:1883`,
    ownerKey: (await readFile(path.join(folder, 'files', 'owner-key'), 'utf8')).trim(),
    nodeUrl: (node) => `http://${address(node)}:8080`,
    start: (machine) => run('start', machine),
    stop: (machine) => run('stop', machine),
    kill: (machine) => run('kill', machine),
    killPrimary: async (how) => {
      const name = (await members()).find(({ role }) => role === 'leader')?.name
      const primary = databases.find((one) => one === name)
      if (!primary) throw new Error('there is no primary')
      if (how === 'power') await run('kill', primary)
      else
        process.kill(
          Number((await readFile(path.join(folder, primary, 'data/postgres/postmaster.pid'), 'utf8')).split('\n')[0]),
          'SIGKILL',
        )
      return primary
    },
    untilWhole: async () => {
      const isWhole = async () => {
        const all = await members()
        const roles = all.filter(({ state }) => /running|streaming/.test(state)).map(({ role }) => role)
        return roles.length === databases.length && roles.includes('leader') && roles.includes('sync_standby')
      }
      for (let attempt = 0; attempt < 4; attempt++)
        try {
          return await eventually(
            async () => {
              if (!(await isWhole())) throw new Error(`not whole: ${JSON.stringify(await members())}`)
            },
            { interval: 200 },
          )
        } catch (error) {
          if (attempt === 3) throw error
        }
    },
    end: async () => {
      await run('stop')
      await rm(folder, { recursive: true })
    },
  }
}
