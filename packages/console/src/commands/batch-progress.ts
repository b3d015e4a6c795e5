import { type Batch, finalStates } from '@mason/contract/notification'

/** How many devices of a batch have not finished. */
export const openOf = ({ total, states }: Batch): number =>
  total - finalStates.reduce((sum, state) => sum + (states[state] ?? 0), 0)
