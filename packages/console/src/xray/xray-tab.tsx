import { Alert, Button, Group, Loader, Stack, Tabs, Text, TextInput } from '@mantine/core'
import type { Device } from '@mason/contract/device'
import type { XrayService } from '@mason/contract/xray'
import { Link } from '@tanstack/react-router'
import type { Adb } from '@yume-chan/adb'
import { ScanLine, SquareTerminal, Tv } from 'lucide-react'
import { type FormEvent, lazy, type ReactNode, Suspense, useState } from 'react'
import { part } from '../api/part.ts'
import { useSession } from '../session/session.ts'
import { Panel } from '../ui/panel.tsx'
import { Empty, Loading } from '../ui/states.tsx'
import { Banner } from './banner.tsx'
import { OnDevice } from './on-device.tsx'
import { useXray } from './use-xray.ts'

const AndroidPanel = lazy(part(() => import('./android-panel.tsx')))
const ShellPanel = lazy(part(() => import('./shell-panel.tsx')))
const FilesPanel = lazy(part(() => import('./files-panel.tsx')))
const LogsPanel = lazy(part(() => import('./logs-panel.tsx')))
const CapturePanel = lazy(part(() => import('./capture-panel.tsx')))
const ScreenPanel = lazy(part(() => import('./screen-panel.tsx')))

const looks = {
  adb: { label: 'Open a shell and files', icon: <SquareTerminal size={16} /> },
  vnc: { label: 'Open the screen', icon: <Tv size={16} /> },
} as const

/** A shell, the files, the logs and the screen of a device, for as long as this is on the page. */
export default function XrayTab({ device }: { device: Device }) {
  const { state, keeper } = useXray(device.id)
  const { xray: offered = [] } = device
  if (offered.length === 0)
    return (
      <Panel>
        <Empty icon={<ScanLine size={22} />} title="This device does not offer X-Ray">
          Its agent was started without it. On Linux: mason-agent run --xray-shell, --xray-adb or --xray-vnc.
        </Empty>
      </Panel>
    )
  if (state.kind === 'opening')
    return (
      <Panel>
        <Empty icon={<Loader size="sm" />} title={state.isAgain ? 'The connection was lost' : 'Calling the device'}>
          {state.isAgain ? 'Reconnecting. What ran in a shell has ended.' : 'It has ten seconds to answer.'}
        </Empty>
      </Panel>
    )
  if (state.kind === 'open')
    return (
      <Stack gap="md">
        <Banner id={state.connection.id} isLost={state.isLost} onEnd={() => keeper.current?.end()} />
        {state.adb ? (
          <AdbTabs adb={state.adb} device={device} />
        ) : (
          <Suspense fallback={<Loading />}>
            <ScreenPanel connection={state.connection} />
          </Suspense>
        )}
      </Stack>
    )
  return (
    <Stack gap="md">
      {state.reason && (
        <Alert
          color={state.isFailure ? 'red' : 'gray'}
          title={state.isFailure ? 'Not connected' : 'The session has ended'}
        >
          {state.reason}
        </Alert>
      )}
      <OnDevice deviceId={device.id} />
      <Start offered={offered} onStart={(service, reason) => void keeper.current?.begin(service, reason)} />
    </Stack>
  )
}

interface StartProps {
  offered: readonly XrayService[]
  onStart: (service: XrayService, reason: string | undefined) => void
}

function Start({ offered, onStart }: StartProps) {
  const { account } = useSession()
  const [reason, setReason] = useState('')
  const isLacking = account.xrayReasonRequired && reason.trim() === ''
  const start = (service: XrayService) => onStart(service, reason.trim() || undefined)
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (offered[0] && !isLacking) start(offered[0])
  }
  return (
    <Panel title="X-Ray" actions={<Link to="/xray">All sessions</Link>}>
      <form onSubmit={submit}>
        <Stack gap="sm" maw={560}>
          <Text size="sm" c="dimmed">
            One session at a time. The audit trail keeps who was on the device, when and why.
            {account.xrayShellsRecorded && ' Shells are recorded.'}
          </Text>
          <TextInput
            label="Reason"
            required={account.xrayReasonRequired}
            description="Why you are on the device"
            placeholder="Ticket 4711: the till prints twice"
            maxLength={300}
            value={reason}
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          <Group gap="xs">
            {offered.map((service) => (
              <Button
                key={service}
                leftSection={looks[service].icon}
                disabled={isLacking}
                onClick={() => start(service)}
              >
                {looks[service].label}
              </Button>
            ))}
          </Group>
        </Stack>
      </form>
    </Panel>
  )
}

/** What the agent for Linux says that it is: such a device has no Android to start scrcpy in. */
const linuxProduct = 'linux'

type Tab = [name: string, label: string, content: ReactNode]

function AdbTabs({ adb, device }: { adb: Adb; device: Device }) {
  const hasScrcpy = adb.banner.product !== linuxProduct && !device.xray?.includes('vnc')
  const tabs: Tab[] = [
    ['shell', 'Shell', <ShellPanel key="shell" adb={adb} />],
    ['files', 'Files', <FilesPanel key="files" adb={adb} />],
    ['logs', 'Logs', <LogsPanel key="logs" adb={adb} name={device.name} />],
    ...(hasScrcpy ? [['screen', 'Screen', <AndroidPanel key="screen" adb={adb} />] satisfies Tab] : []),
    ['capture', 'Screenshot and bug report', <CapturePanel key="capture" adb={adb} name={device.name} />],
  ]
  return (
    <Tabs defaultValue="shell" variant="pills" keepMountedMode="display-none">
      <Tabs.List mb="sm">
        {tabs.map(([name, label]) => (
          <Tabs.Tab key={name} value={name}>
            {label}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map(([name, , content]) => (
        <Tabs.Panel key={name} value={name}>
          <Suspense fallback={<Loading />}>{content}</Suspense>
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}
