import type { Reach } from '../../core/reach.ts'
import { auditSource } from './audit.ts'
import { deviceSource } from './device.ts'
import type { Filters, Kind, Source } from './kind.ts'
import { simSource } from './sim.ts'
import { usageSource } from './usage.ts'

/**
 * How each kind is read; of the filters each looks at its own.
 *
 * @throws AppError when a filter cannot be read.
 */
export const sources: Record<Kind, (reach: Reach, filters: Filters) => Source> = {
  device: deviceSource,
  sim: simSource,
  usage: usageSource,
  audit: auditSource,
}
