import { type Batch, cancelBatch, scopeOf } from '@mason/contract/notification'
import { useCan } from '../session/session.ts'
import { CancelButton } from '../ui/cancel-button.tsx'
import { counted } from '../ui/numbers.ts'
import { openOf, titleOf } from './batch-progress.ts'

/** Cancels the commands of a batch that have not finished, for whoever may. */
export function CancelBatch({ batch, isInRow = false }: { batch: Batch; isInRow?: boolean }) {
  const can = useCan()
  const open = openOf(batch)
  if (open === 0 || !can(scopeOf(batch.type))) return undefined
  return (
    <CancelButton
      {...(isInRow ? { label: 'Cancel', of: titleOf(batch) } : { label: 'Cancel remaining' })}
      title="Cancel the remaining commands?"
      action="Cancel remaining"
      cancel={(send) => send(cancelBatch, { id: batch.id })}
      renews={['getBatch', 'listBatches', 'listNotifications']}
    >
      {counted(open, 'device')} {open === 1 ? 'has' : 'have'} not finished. Devices that already received the command
      may still carry it out.
    </CancelButton>
  )
}
