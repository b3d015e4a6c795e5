import { readFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'

/** initdb refuses root, so under root PostgreSQL runs as `nobody`; a uid without a passwd entry does not work. */
export const nobody = 65534
export const isRoot = process.getuid?.() === 0
export const identity = isRoot ? { uid: nobody, gid: nobody } : {}

/** On Linux PostgreSQL is told its directory as "where you are": it need not be able to enter the folders above. */
export const here = process.platform === 'linux' ? '/proc/self/cwd' : undefined
export const socketPort = 5432

/** A socket's path may have 107 bytes; below a deep folder the way leads through the running process instead. */
export function socketFolder(cluster: string): string {
  if (cluster.length < 80 || !here) return cluster
  const pid = runningPid(cluster)
  return pid ? `/proc/${pid}/cwd` : cluster
}

export function runningPid(cluster: string): number | undefined {
  try {
    const pid = Number(readFileSync(path.join(cluster, 'postmaster.pid'), 'utf8').split('\n')[0])
    return pid > 0 && isAlive(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export async function answers(connection: pg.ClientConfig): Promise<boolean> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 2_000 })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}
