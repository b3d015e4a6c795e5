import { listSubscriptionHistory } from '@mason/contract/subscription'
import { History } from 'lucide-react'
import { endOfIds, useNewestFirst } from '../api/newest-first.ts'
import { Endless } from '../ui/endless.tsx'
import { List, ListRow } from '../ui/list.tsx'
import { bytes } from '../ui/numbers.ts'
import { Panel } from '../ui/panel.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'

/** How the subscription was changed. */
export function HistoryPanel() {
  const list = useNewestFirst(listSubscriptionHistory, {}, endOfIds)
  return (
    <Panel title="Changes" isFlush>
      <Endless list={list} empty={<Empty icon={<History size={20} />} title="Never changed" />}>
        {(changes) => (
          <List>
            {changes.map(({ id, changedAt, type, value, perDevice, target, thresholds }) => (
              <ListRow
                key={id}
                icon={<History size={15} />}
                title={
                  type === 'pay_as_you_go'
                    ? `Pay as you go, at most ${bytes(target ?? 0)}`
                    : perDevice
                      ? `Pool of ${bytes(perDevice)} a device`
                      : value
                        ? `Pool of ${bytes(value)}`
                        : 'Pool of 0.5 GB a device'
                }
                note={
                  <>
                    <RelativeTime time={changedAt} />, notifies at {thresholds.map((share) => `${share} %`).join(', ')}
                  </>
                }
              />
            ))}
          </List>
        )}
      </Endless>
    </Panel>
  )
}
