import { type CpuUse, type Measured, readCpu } from './cpu.ts'

/** One line of the result: our rate beside the floor's of the same run. */
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
  /** The processes whose CPU time is told. */
  processes: Record<string, Measured>
  /** What both sides of a round need, made before them and not measured. */
  prepare?(): void
  ours(): Promise<number>
  floor(): Promise<number>
}

/** Measures both sides in turns, so that what else the machine does falls on both; the medians count. */
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

/** On a busy machine the CPU time of a request says more than the rate. */
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

/** The value below which this share of the values lies. */
export function percentile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  const place = (sorted.length - 1) * share
  const [low, high] = [sorted[Math.floor(place)] ?? Number.NaN, sorted[Math.ceil(place)] ?? Number.NaN]
  return low + (high - low) * (place % 1)
}
