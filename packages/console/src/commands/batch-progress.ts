import { type Batch, finalStates } from '@mason/contract/notification'
import { counted } from '../ui/numbers.ts'
import { kindOf } from './catalog.ts'

/** What was sent, and to how many devices. */
export const titleOf = ({ type, total }: Batch): string => `${kindOf(type).label}: ${counted(total, 'device')}`

/** How many devices of a batch have not finished. */
export const openOf = ({ total, states }: Batch): number =>
  total - finalStates.reduce((sum, state) => sum + (states[state] ?? 0), 0)
