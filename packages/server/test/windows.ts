import type { Window } from '@mason/contract/window'

const hourMs = 3_600_000

/** The hour of the day in UTC, so many hours from now. */
const hourIn = (hours: number) => `${new Date(Date.now() + hours * hourMs).toISOString().slice(11, 13)}:00`

/** It opened a while ago. */
export const openWindow: Window = { from: hourIn(-2), to: hourIn(3), timezone: 'UTC' }

/** It opens in about three hours, for three hours. */
export const closedWindow: Window = { from: hourIn(3), to: hourIn(6), timezone: 'UTC' }
