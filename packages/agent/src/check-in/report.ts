import type { Checkin } from '@mason/contract/checkin'

/** Everything that a device reports at one moment; what it lacks is absent. */
export type Report = { [M in keyof Omit<Checkin, 'partial'>]: Exclude<Checkin[M], null> }
