import { deviceSource } from './device.ts'
import type { Filters, Kind, Source } from './kind.ts'
import { simSource } from './sim.ts'
import { usageSource } from './usage.ts'

/**
 * How each kind is read; of the filters each looks at its own.
 *
 * @throws AppError when a filter cannot be read.
 */
export const sources: Record<Kind, (accountId: string, filters: Filters) => Source> = {
  device: deviceSource,
  sim: simSource,
  usage: usageSource,
}
