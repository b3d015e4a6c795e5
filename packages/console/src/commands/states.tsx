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
  unsupported: 'idle',
}

const meanings: Record<NotificationState, string> = {
  queued: 'Waiting until the device can be reached',
  sent: 'Sent; the device has not answered yet',
  acknowledged: 'Received by the device; its effect is not confirmed yet',
  succeeded: 'Its effect was confirmed',
  failed: 'The device refused it, or its effect was not confirmed in time',
  expired: 'The device did not answer in time',
  canceled: 'Canceled before it was carried out',
  unsupported: 'Not sent, because devices of this kind cannot do it',
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

export const stateColor: Record<NotificationState, string> = {
  queued: 'var(--line-strong)',
  sent: 'var(--mantine-color-petrol-3)',
  acknowledged: 'var(--mantine-color-petrol-5)',
  succeeded: 'var(--good)',
  failed: 'var(--bad)',
  expired: 'var(--warn)',
  canceled: 'var(--idle)',
  unsupported: 'var(--line-strong)',
}
