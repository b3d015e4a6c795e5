import {
  type Batch,
  getBatch,
  listNotifications,
  type NotificationState,
  notificationStates,
} from '@mason/contract/notification'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router'
import { ChevronLeft } from 'lucide-react'
import { nameOfActor } from '../activity/actor.tsx'
import { one, read } from '../api/client.ts'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { windowInWords } from '../timing/words.ts'
import { Endless } from '../ui/endless.tsx'
import { count, counted, percent } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { StateBar } from '../ui/state-bar.tsx'
import { Empty } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { openOf, titleOf } from './batch-progress.ts'
import { CancelBatch } from './cancel-batch.tsx'
import { NotificationList } from './notification-list.tsx'
import { stateColor } from './states.tsx'

const route = getRouteApi('/inside/commands/batch/$id')

/** How a command to many devices comes along, live. */
export function BatchPage() {
  const { id } = route.useParams()
  const { state } = route.useSearch()
  const navigate = useNavigate()
  const batch = useQuery(read(getBatch, { id }))
  const list = useNewestFirst(
    listNotifications,
    { batch: id, ...(state && { state: state as NotificationState }) },
    endOfIds,
  )
  const known = batch.data && one(batch.data)
  const title = known ? titleOf(known) : 'Batch'
  const show = (next: string | undefined) =>
    void navigate({ to: '/commands/batch/$id', params: { id }, search: next ? { state: next } : {}, replace: true })

  return (
    <Page
      title={title}
      back={
        <Link to="/commands">
          <ChevronLeft size={14} /> Commands
        </Link>
      }
      actions={known && <CancelBatch batch={known} />}
    >
      <Panel title="Progress" {...(known?.createdBy && { note: `Sent by ${nameOfActor(known.createdBy)}` })}>
        <QueryView query={batch}>{(answer) => <Progress batch={one(answer)} shown={state} onShow={show} />}</QueryView>
      </Panel>
      <Panel title={state ? `Devices: ${state}` : 'Devices'} isFlush>
        <Endless list={list} empty={<Empty title="No devices in this state" />}>
          {(items) => <NotificationList notifications={items} hidesBatch />}
        </Endless>
      </Panel>
    </Page>
  )
}

interface ProgressProps {
  batch: Batch
  shown: string | undefined
  onShow: (state: string | undefined) => void
}

function Progress({ batch, shown, onShow }: ProgressProps) {
  const open = openOf(batch)
  const done = batch.total - open
  return (
    <>
      <p role="status" style={{ margin: '0 0 0.75rem' }}>
        {open === 0 ? 'All devices finished' : `${count(done)} of ${counted(batch.total, 'device')} finished`},{' '}
        {percent(batch.states.succeeded ?? 0, batch.total)} succeeded. Sent <RelativeTime time={batch.createdAt} />.
        {batch.window && ` Only from ${windowInWords(batch.window)}.`}
        {batch.notBefore && (
          <>
            {' '}
            Not before <RelativeTime time={batch.notBefore} />.
          </>
        )}
      </p>
      <StateBar
        parts={notificationStates.map((state) => ({
          name: state,
          count: batch.states[state] ?? 0,
          color: stateColor[state],
        }))}
        shown={shown}
        onShow={onShow}
      />
    </>
  )
}
