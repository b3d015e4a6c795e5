import { Button, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Adb } from '@yume-chan/adb'
import { Tv } from 'lucide-react'
import { lazy, Suspense, useState } from 'react'
import { messageOf } from '../api/faults.ts'
import { part } from '../api/part.ts'
import { Panel } from '../ui/panel.tsx'
import { Empty, Loading } from '../ui/states.tsx'
import { findServer } from './android/server.ts'

const Screen = lazy(part(() => import('./android/screen.tsx')))

/** The screen of an Android device, if the account has registered what shows it. */
export default function AndroidPanel({ adb }: { adb: Adb }) {
  const [isShown, setShown] = useState(false)
  const server = useQuery({ queryKey: ['listArtifacts', 'scrcpy-server'], queryFn: findServer })
  if (server.isPending) return <Loading />
  if (server.isError)
    return (
      <Panel title="Screen">
        <Empty title="The scrcpy server could not be looked for">{messageOf(server.error)}</Empty>
      </Panel>
    )
  if (!server.data)
    return (
      <Panel title="Screen">
        <Empty icon={<Tv size={22} />} title="The scrcpy server is not registered">
          Download scrcpy-server 3.0 to 3.3 from the releases of scrcpy, and upload it under{' '}
          <Link to="/artifacts">Artifacts</Link> as media of the type “scrcpy server”, with the name scrcpy-server and
          its version, such as 3.3.3.
        </Empty>
      </Panel>
    )
  return (
    <Panel title="Screen" note={`scrcpy ${server.data.version}`}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          This starts scrcpy on the device. It was tried against a simulated scrcpy server, and not on a real Android
          device.
        </Text>
        {isShown ? (
          <Suspense fallback={<Loading />}>
            <Screen adb={adb} server={server.data} />
          </Suspense>
        ) : (
          <div>
            <Button leftSection={<Tv size={14} />} onClick={() => setShown(true)}>
              Show the screen
            </Button>
          </div>
        )}
      </Stack>
    </Panel>
  )
}
