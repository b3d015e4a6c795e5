import { readdirSync, readFileSync } from 'node:fs'

/** A process whose CPU time is reported; with its children, including ended ones. */
export interface Measured {
  pid: number
  withChildren?: boolean
}

/** CPU seconds used so far, by name. */
export type CpuUse = Record<string, number>

/** Kernel ticks per second in /proc. */
const ticks = 100

/** The CPU time of processes; empty without /proc. */
export function readCpu(processes: Record<string, Measured>): CpuUse {
  if (process.platform !== 'linux') return {}
  return Object.fromEntries(
    Object.entries(processes).map(([name, { pid, withChildren }]) => {
      const own = readTimes(pid)
      if (!own || !withChildren) return [name, (own?.self ?? 0) / ticks]
      const children = processIds().flatMap((id) => readTimes(id) ?? [])
      const running = children.filter((child) => child.parent === pid).reduce((sum, child) => sum + child.self, 0)
      return [name, (own.self + own.endedChildren + running) / ticks]
    }),
  )
}

const processIds = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)

function readTimes(pid: number): { parent: number; self: number; endedChildren: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name in parentheses may contain anything; the fields are counted from the state, which follows it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number)
    const [parent = 0, user = 0, system = 0, endedUser = 0, endedSystem = 0] = [1, 11, 12, 13, 14].map(
      (at) => fields[at],
    )
    return { parent, self: user + system, endedChildren: endedUser + endedSystem }
  } catch {
    return undefined // It has ended since.
  }
}
