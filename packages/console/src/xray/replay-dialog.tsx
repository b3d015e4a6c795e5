import { NativeSelect, Stack, Text } from '@mantine/core'
import type { XrayRecording } from '@mason/contract/xray'
import { lazy, Suspense, useState } from 'react'
import { part } from '../api/part.ts'
import { Dialog } from '../ui/dialog.tsx'
import { bytes } from '../ui/numbers.ts'
import { Loading } from '../ui/states.tsx'
import { RelativeTime } from '../ui/time.tsx'

const Replay = lazy(part(() => import('./replay.tsx')))

interface ReplayDialogProps {
  recordings: readonly XrayRecording[]
  onClose: () => void
}

/** What the shells of a session showed. */
export function ReplayDialog({ recordings, onClose }: ReplayDialogProps) {
  const [chosen, setChosen] = useState(recordings[0]?.id ?? '')
  const recording = recordings.find(({ id }) => id === chosen)
  return (
    <Dialog title="Recorded shells" size="lg" onDismiss={onClose} onClose={onClose}>
      <Stack gap="sm">
        {recordings.length > 1 && (
          <NativeSelect
            label="Shell"
            data={recordings.map(({ id }, index) => ({ value: id, label: `Shell ${index + 1}` }))}
            value={chosen}
            onChange={({ currentTarget }) => setChosen(currentTarget.value)}
          />
        )}
        {recording && (
          <Text size="sm" c="dimmed">
            Began <RelativeTime time={recording.beganAt} />, {bytes(recording.bytes)}
          </Text>
        )}
        <Suspense fallback={<Loading />}>
          <Replay key={chosen} id={chosen} />
        </Suspense>
      </Stack>
    </Dialog>
  )
}
