import type { Command, NotificationType } from '@mason/contract/notification'
import type { Receipt } from './outbox.ts'

/** Whether a command has expired. */
export const isExpired = ({ expiresAt }: Pick<Command, 'expiresAt'>, nowMs: number): boolean =>
  Date.parse(expiresAt) <= nowMs

/**
 * Whether a device may carry out a command that it acknowledged. The platform revokes the credential of a device that
 * acknowledges its refurbishment, perhaps before the device receives the confirmation.
 */
export const mayCarryOut = (type: NotificationType, receipt: Receipt): boolean =>
  receipt === 'confirmed' || type === 'refurbish'
