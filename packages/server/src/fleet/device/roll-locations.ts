import { dayMs } from '@mason/contract/time'
import { rollDays } from '../../core/jobs/roll-days.ts'

/** Locations lie by the day of their arrival, for a device's clock may be wrong. */
export const rollLocations = (keptDays: number) =>
  rollDays('roll-locations', {
    name: 'device_location',
    key: 'received_at',
    time: 'received_at',
    keptDays,
    daysEach: 1,
    bounds: async (_, start, end) => ({ from: midnight(start), to: midnight(end) }),
  })

const midnight = (day: number) => new Date(day * dayMs).toISOString()
