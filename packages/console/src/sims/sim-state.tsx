import type { Sim, SimState } from '@mason/contract/sim'
import { Status, type Tone } from '../ui/status.tsx'

const tones: Record<SimState, Tone> = { ready: 'accent', active: 'good', suspended: 'warn', deactivated: 'idle' }

/** The state of a SIM, and where its carrier is taking it. */
export function SimStatus({ sim: { state, pendingState } }: { sim: Sim }) {
  return (
    <Status tone={tones[state]} isPlain>
      {pendingState ? `${state} → ${pendingState}` : state}
    </Status>
  )
}

interface Move {
  to: SimState
  label: string
  /** What it means, for whoever is about to do it. */
  effect: string
  isFinal?: boolean
}

/** What SIMs in several states may be asked to become. */
export const stateMoves: readonly Move[] = [
  { to: 'active', label: 'Activate', effect: 'The carriers connect the SIMs to their networks.' },
  { to: 'suspended', label: 'Suspend', effect: 'The SIMs lose their connections until they are activated again.' },
  {
    to: 'deactivated',
    label: 'Deactivate',
    effect: 'The SIMs are disconnected permanently. No carrier can reactivate them.',
    isFinal: true,
  },
]

const moves: Record<SimState, readonly Move[]> = {
  ready: [{ to: 'active', label: 'Activate', effect: 'The carrier connects the SIM to its network.' }],
  active: [{ to: 'suspended', label: 'Suspend', effect: 'The SIM loses its connection until it is activated again.' }],
  suspended: [{ to: 'active', label: 'Activate', effect: 'The carrier connects the SIM to its network again.' }],
  deactivated: [],
}
const end: Move = {
  to: 'deactivated',
  label: 'Deactivate',
  effect: 'The SIM is disconnected permanently. No carrier can reactivate it.',
  isFinal: true,
}

/** Where a SIM can go from its state. */
export const movesFrom = (state: SimState): readonly Move[] => (state === 'deactivated' ? [] : [...moves[state], end])
