import type { NotificationType } from '@mason/contract/notification'
import type { UseNavigateResult } from '@tanstack/react-router'
import { notify } from '../ui/notify.tsx'
import { kindOf } from './catalog.ts'

/** Goes where a batch can be watched, or says that a single command sent. */
export function announceSent(
  type: NotificationType,
  sent: { batch: string } | { notification: string },
  navigate: UseNavigateResult<string>,
): void {
  if ('batch' in sent) {
    void navigate({ to: '/commands/batch/$id', params: { id: sent.batch } })
    return
  }
  void notify({
    title: `${kindOf(type).label} sent`,
    message: 'It succeeds once its effect is confirmed. Follow it under “Activity”.',
    color: 'petrol',
  })
}
