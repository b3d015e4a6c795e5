import { listSubscriptionHistory } from '@mason/contract/subscription'
import type { Item } from '@mason/sdk/input'
import { History } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { bytes } from '../ui/numbers.ts'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'

/** How the subscription was changed. */
export function HistoryPanel() {
  const list = useNewestFirst(listSubscriptionHistory, {}, endOfIds)
  return (
    <ListPanel title="Change history" list={list} empty={<Empty icon={<History size={20} />} title="No changes yet" />}>
      {(change) => (
        <ListRow
          key={change.id}
          icon={<History size={15} />}
          title={nameOf(change)}
          note={
            <>
              <RelativeTime time={change.changedAt} />, alerts at{' '}
              {change.thresholds.map((share) => `${share}%`).join(', ')}
            </>
          }
        />
      )}
    </ListPanel>
  )
}

function nameOf({ type, value, perDevice, target }: Item<typeof listSubscriptionHistory>): string {
  if (type === 'pay_as_you_go') return `Pay as you go, at most ${bytes(target ?? 0)}`
  if (perDevice) return `Pool of ${bytes(perDevice)} per device`
  return value ? `Pool of ${bytes(value)}` : 'Pool of 0.5 GB per device'
}
