import { type CpuUse, type Measured, readCpu } from './cpu.ts'

/** One line of the result: our rate and the floor's rate in the same run. */
export interface Comparison {
  path: string
  ours: number
  floor: number
  floorIs: string
  target: number
}

interface Sides {
  path: string
  floorIs: string
  target: number
  rounds: number
  /** The processes whose CPU time is reported. */
  processes: Record<string, Measured>
  /** Prepares what both sides of a round need; not measured. */
  prepare?(): void
  ours(): Promise<number>
  floor(): Promise<number>
}

/** Measures both sides in turns, so that other load on the machine affects both; the medians count. */
export async function compare({
  path,
  floorIs,
  target,
  rounds,
  processes,
  prepare,
  ...sides
}: Sides): Promise<Comparison> {
  const rates = { ours: [] as number[], floor: [] as number[] }
  for (let round = 1; round <= rounds; round++) {
    prepare?.()
    for (const side of ['ours', 'floor'] as const) {
      const [startedAt, before] = [performance.now(), readCpu(processes)]
      const rate = await sides[side]()
      const requests = (rate * (performance.now() - startedAt)) / 1000
      rates[side].push(rate)
      process.stderr.write(
        `${path}, round ${round}, ${side}: ${rate.toFixed(0)}/s, CPU µs each: ${costs(before, readCpu(processes), requests)}\n`,
      )
    }
  }
  return { path, floorIs, target, ours: median(rates.ours), floor: median(rates.floor) }
}

/** The CPU time per request, which says more than the rate on a busy machine. */
export function costs(before: CpuUse, after: CpuUse, requests: number): string {
  return Object.entries(after)
    .map(([name, seconds]) => ({ name, each: ((seconds - (before[name] ?? 0)) * 1e6) / requests }))
    .filter(({ each }) => each >= 3)
    .map(({ name, each }) => `${name} ${each.toFixed(0)}`)
    .join(', ')
}

export function median(values: number[]): number {
  return percentile(values, 0.5)
}

/** The value below which a share of the values lies, from 0 to 1; interpolated. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const index = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(index)] ?? Number.NaN, sorted[Math.ceil(index)] ?? Number.NaN]
  return low + (high - low) * (index % 1)
}
