import { execFileSync } from 'node:child_process'

/** What a process has in memory at this moment. */
export function readResidentKb(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }))
}
