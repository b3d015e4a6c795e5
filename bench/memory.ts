import { execFileSync } from 'node:child_process'

/** The resident memory of a process, in KB. */
export function readResidentKb(pid: number): number {
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }))
}
