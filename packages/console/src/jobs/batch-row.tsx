import { Progress } from '@mantine/core'
import { type Batch, finalStates, listNotifications } from '@mason/contract/notification'
import { Link } from '@tanstack/react-router'
import { nameOfActor } from '../activity/actor.tsx'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { openOf, titleOf } from '../commands/batch-progress.ts'
import { CancelBatch } from '../commands/cancel-batch.tsx'
import { kindOf } from '../commands/catalog.ts'
import { NotificationList } from '../commands/notification-list.tsx'
import { Endless } from '../ui/endless.tsx'
import { ListRow } from '../ui/list.tsx'
import { count } from '../ui/numbers.ts'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'

/** A command to many devices in a list, with how far it is. */
export function BatchRow({ batch }: { batch: Batch }) {
  const { id, type, total, states, createdBy, createdAt } = batch
  const { icon: Icon } = kindOf(type)
  const open = openOf(batch)
  return (
    <ListRow
      icon={<Icon size={16} />}
      title={
        <Link to="/commands/batch/$id" params={{ id }}>
          {titleOf(batch)}
        </Link>
      }
      note={
        <>
          {finalStates
            .filter((state) => state === 'succeeded' || states[state])
            .map((state) => `${count(states[state] ?? 0)} ${state}`)
            .join(', ')}
          {open > 0 && `, ${count(open)} not finished`}
          {createdBy && `, by ${nameOfActor(createdBy)}`}, <RelativeTime time={createdAt} />
        </>
      }
      parts={{ name: 'devices', show: () => <BatchDevices id={id} /> }}
      end={
        open === 0 ? (
          <Status tone={states.succeeded === total ? 'good' : 'idle'}>finished</Status>
        ) : (
          <>
            <Progress w={110} value={(100 * (total - open)) / total} aria-label="Progress" />
            <CancelBatch batch={batch} isInRow />
          </>
        )
      }
    />
  )
}

function BatchDevices({ id }: { id: string }) {
  const list = useNewestFirst(listNotifications, { batch: id }, endOfIds)
  return (
    <Endless list={list} empty={<Empty title="No devices" />}>
      {(items) => <NotificationList notifications={items} hidesBatch />}
    </Endless>
  )
}
