import type { Target } from '@mason/contract/notification'
import { hourMs } from '@mason/contract/time'

const minuteMs = hourMs / 60

/** The filters that the device table keeps in its address. */
export interface TableFilters {
  n?: string
  group?: string
  family?: string
  online?: string
  iccid?: string
  outOfDate?: string
  /** How long ago a device must have checked in last, in hours at least. */
  seen?: string
}

type DeviceFilter = Extract<Target, { filter: unknown }>['filter']

/** The same filters as the API takes them. */
export function toDeviceFilter({ seen, online, outOfDate, ...plain }: TableFilters): DeviceFilter {
  const hours = Number(seen)
  return {
    ...plain,
    ...(online !== undefined && { online: online === 'true' }),
    ...(outOfDate !== undefined && { outOfDate: outOfDate === 'true' }),
    // To the minute, so that the same filter is the same read.
    ...(hours > 0 && {
      checkedInBefore: new Date(Math.floor((Date.now() - hours * hourMs) / minuteMs) * minuteMs).toISOString(),
    }),
  }
}
