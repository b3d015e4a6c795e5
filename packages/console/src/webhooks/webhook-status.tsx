import type { Webhook } from '@mason/contract/webhook'
import { Status } from '../ui/status.tsx'

/** Whether it is delivered to, in a word. */
export function WebhookStatus({ webhook: { enabled, failingSince } }: { webhook: Webhook }) {
  if (!enabled) return <Status tone="idle">disabled</Status>
  return failingSince === undefined ? <Status tone="good">enabled</Status> : <Status tone="bad">failing</Status>
}
