import type { NotificationType } from '@mason/contract/notification'
import type { UseNavigateResult } from '@tanstack/react-router'
import { notify } from '../ui/notify.tsx'
import { kindOf } from './catalogue.ts'

/** Goes where a batch can be watched, or says that a single command is on its way. */
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
    title: `${kindOf(type).label} is on its way`,
    message: 'It counts as done once its effect was seen. Follow it under “Activity”.',
    color: 'petrol',
  })
}
