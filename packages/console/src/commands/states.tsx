import { Tooltip } from '@mantine/core'
import type { NotificationState } from '@mason/contract/notification'
import { Status, type Tone } from '../ui/status.tsx'

const tones: Record<NotificationState, Tone> = {
  queued: 'idle',
  sent: 'accent',
  acknowledged: 'accent',
  succeeded: 'good',
  failed: 'bad',
  expired: 'warn',
  canceled: 'idle',
}

const meanings: Record<NotificationState, string> = {
  queued: 'Waits until the device can be reached',
  sent: 'On its way; the device has not answered yet',
  acknowledged: 'The device has taken it; its effect has not been seen yet',
  succeeded: 'Its effect was seen',
  failed: 'The device refused it, or its effect did not come',
  expired: 'The device never answered in time',
  canceled: 'Somebody took it back',
}

/** The state of a command, with what it means on hover. */
export function CommandState({ state, reason }: { state: NotificationState; reason?: string | undefined }) {
  return (
    <Tooltip label={reason ? `${meanings[state]} (${reason})` : meanings[state]}>
      <span>
        <Status tone={tones[state]}>{state}</Status>
      </span>
    </Tooltip>
  )
}

export const stateColour: Record<NotificationState, string> = {
  queued: 'var(--line-strong)',
  sent: 'var(--mantine-color-petrol-3)',
  acknowledged: 'var(--mantine-color-petrol-5)',
  succeeded: 'var(--good)',
  failed: 'var(--bad)',
  expired: 'var(--warn)',
  canceled: 'var(--idle)',
}
