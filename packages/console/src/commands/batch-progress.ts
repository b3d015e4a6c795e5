import type { Batch, NotificationState } from '@mason/contract/notification'

const finalStates: readonly NotificationState[] = ['succeeded', 'failed', 'expired', 'canceled', 'unsupported']

/** How many devices of a batch have not finished. */
export const openOf = ({ total, states }: Batch): number =>
  total - finalStates.reduce((sum, state) => sum + (states[state] ?? 0), 0)
