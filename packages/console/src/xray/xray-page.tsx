import { endXraySession, listXraySessions, type XraySession } from '@mason/contract/xray'
import { Link } from '@tanstack/react-router'
import { ScanLine } from 'lucide-react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { ActionButton } from '../ui/action-button.tsx'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { sentence } from './connection.ts'

/** Who is and was on which device. */
export function XrayPage() {
  const list = useNewestFirst(listXraySessions, {}, endOfIds)
  return (
    <Page title="X-Ray sessions" about="Who is and was on a device: its shell, its files, its screen.">
      <ListPanel
        list={list}
        empty={
          <Empty icon={<ScanLine size={22} />} title="Nobody was on a device yet">
            A device that offers X-Ray has a tab for it.
          </Empty>
        }
      >
        {(session) => <Session key={session.id} session={session} />}
      </ListPanel>
    </Page>
  )
}

function Session({ session }: { session: XraySession }) {
  const { actor, device, deviceName = 'a device that is gone', service, reason, address } = session
  return (
    <ListRow
      icon={<ScanLine size={16} />}
      title={
        <>
          <b>{actor.name ?? actor.kind}</b> on{' '}
          <Link to="/devices/$id" params={{ id: device }}>
            {deviceName}
          </Link>{' '}
          ({service === 'adb' ? 'shell and files' : 'screen'})
        </>
      }
      note={
        <>
          {reason && <>“{reason}”, </>}
          began <RelativeTime time={session.beganAt} />, from {address}, {bytes(session.bytesDown)} down,{' '}
          {bytes(session.bytesUp)} up{session.endReason && `. ${sentence(session.endReason)}.`}
        </>
      }
      end={
        session.endedAt === undefined ? (
          <ActionButton
            size="xs"
            variant="default"
            work={(send) => send(endXraySession, { id: session.id })}
            failure="Session not ended"
            renews={['listXraySessions']}
          >
            End
          </ActionButton>
        ) : (
          <Status tone="idle">ended</Status>
        )
      }
    />
  )
}
