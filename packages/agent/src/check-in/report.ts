import type { Checkin } from '@mason/contract/checkin'

/** Everything that a device reports of itself at one moment; a member that it lacks is absent. */
export type Report = { [M in keyof Omit<Checkin, 'partial'>]: Exclude<Checkin[M], null> }
