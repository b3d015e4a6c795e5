import { Button, Group } from '@mantine/core'
import { listXraySessions, type XrayRecording, type XraySession } from '@mason/contract/xray'
import { Link } from '@tanstack/react-router'
import { Play, ScanLine } from 'lucide-react'
import { useState } from 'react'
import { endOfIds } from '../api/list-ends.ts'
import { useNewestFirst } from '../api/lists.ts'
import { useCan } from '../session/session.ts'
import { ListRow } from '../ui/list.tsx'
import { ListPanel } from '../ui/list-panel.tsx'
import { bytes } from '../ui/numbers.ts'
import { Page } from '../ui/page.tsx'
import { Empty } from '../ui/states.tsx'
import { Status } from '../ui/status.tsx'
import { RelativeTime } from '../ui/time.tsx'
import { sentence } from './connection.ts'
import { EndSession } from './end-session.tsx'
import { ReplayDialog } from './replay-dialog.tsx'
import { RulesPanel } from './rules-panel.tsx'

/** Who is and was on which device. */
export function XrayPage() {
  const list = useNewestFirst(listXraySessions, {}, endOfIds)
  const can = useCan()
  const [replayed, setReplayed] = useState<readonly XrayRecording[]>()
  return (
    <Page title="X-Ray sessions" about="Who is or was on a device: its shell, files or screen.">
      {can('account:owner', 'account') && <RulesPanel />}
      <ListPanel
        title="Sessions"
        list={list}
        empty={
          <Empty icon={<ScanLine size={22} />} title="No sessions yet">
            Devices that offer X-Ray have an X-Ray tab.
          </Empty>
        }
      >
        {(session) => <Session key={session.id} session={session} onReplay={setReplayed} />}
      </ListPanel>
      {replayed && <ReplayDialog recordings={replayed} onClose={() => setReplayed(undefined)} />}
    </Page>
  )
}

interface SessionProps {
  session: XraySession
  onReplay: (recordings: readonly XrayRecording[]) => void
}

function Session({ session, onReplay }: SessionProps) {
  const { actor, device, deviceName = 'a device that is gone', service, reason, address, recordings } = session
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
        <Group gap="xs">
          {recordings && (
            <Button size="xs" variant="default" leftSection={<Play size={14} />} onClick={() => onReplay(recordings)}>
              Replay
            </Button>
          )}
          {session.endedAt === undefined ? (
            <EndSession id={session.id}>End</EndSession>
          ) : (
            <Status tone="idle">ended</Status>
          )}
        </Group>
      }
    />
  )
}
