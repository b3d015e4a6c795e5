import type { Tone } from '../ui/status.tsx'

/** What may have become of a deployment on a device. */
export const deviceStates = ['waiting', 'told', 'succeeded', 'failed', 'unsupported'] as const
export type DeviceState = (typeof deviceStates)[number]

export const stateColors: Readonly<Record<DeviceState, string>> = {
  waiting: 'var(--line-strong)',
  told: 'var(--mantine-color-petrol-4)',
  succeeded: 'var(--good)',
  failed: 'var(--bad)',
  unsupported: 'var(--idle)',
}

/** “Offered” is what the API calls told. */
export const stateLabels: Readonly<Record<DeviceState, string>> = {
  waiting: 'waiting',
  told: 'offered',
  succeeded: 'succeeded',
  failed: 'failed',
  unsupported: 'unsupported',
}

export const stateTones: Readonly<Record<DeviceState, Tone>> = {
  waiting: 'idle',
  told: 'accent',
  succeeded: 'good',
  failed: 'bad',
  unsupported: 'idle',
}
