import { Progress } from '@mantine/core'
import type { Deployment } from '@mason/contract/deployment'
import { listEvents } from '@mason/contract/event'
import { EventList } from '../activity/event-list.tsx'
import { endOfEvents } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { Endless } from '../ui/endless.tsx'
import { CancelRollOut } from './cancel-roll-out.tsx'
import { DeploymentRow, totalOf } from './deployment-row.tsx'
import { RollOutDevices } from './roll-out-devices.tsx'

/** A roll-out among other work: it shows how far it is, can be canceled, and unfolds to what happened to it and to its devices. */
export function RollOutRow({ deployment }: { deployment: Deployment }) {
  const { id, state, devices } = deployment
  const total = totalOf(deployment)
  const maySeeEvents = useCan()('fleet:read')
  return (
    <DeploymentRow
      deployment={deployment}
      beside={
        <>
          {state === 'running' && total > 0 && (
            <Progress w={110} value={(100 * (devices.succeeded + devices.failed)) / total} aria-label="Progress" />
          )}
          <CancelRollOut deployment={deployment} isInRow />
        </>
      }
      parts={{
        name: 'devices',
        show: () => (
          <>
            {maySeeEvents && <RollOutEvents id={id} />}
            <RollOutDevices id={id} />
          </>
        ),
      }}
    />
  )
}

/** Its start, its steps, and whoever paused it. */
function RollOutEvents({ id }: { id: string }) {
  const list = useNewestFirst(listEvents, { subject: id }, endOfEvents)
  return (
    <Endless list={list} empty={undefined}>
      {(events) => <EventList events={events} />}
    </Endless>
  )
}
