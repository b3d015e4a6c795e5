import { Button, Group, Stack, Switch, Text } from '@mantine/core'
import RFB from '@novnc/novnc'
import { ClipboardPaste, Keyboard } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { notify } from '../ui/notify.tsx'
import { Panel } from '../ui/panel.tsx'
import type { XrayConnection } from './connection.ts'
import classes from './xray.module.css'

/** The screen of a device by VNC, with its keyboard, mouse and clipboard. */
export default function ScreenPanel({ connection }: { connection: XrayConnection }) {
  const element = useRef<HTMLDivElement>(null)
  const screen = useRef<RFB | undefined>(undefined)
  const [isViewOnly, setIsViewOnly] = useState(false)
  const [isScaled, setIsScaled] = useState(true)
  const [state, setState] = useState('Connecting to the screen')

  useEffect(() => {
    if (!element.current) return
    const rfb = new RFB(element.current, connection.socket)
    screen.current = rfb
    rfb.scaleViewport = true
    connection.listen()
    rfb.addEventListener('connect', () => setState(''))
    rfb.addEventListener('disconnect', () => setState('The screen is gone'))
    rfb.addEventListener('credentialsrequired', () => {
      const password = window.prompt('Password of the VNC server') ?? ''
      rfb.sendCredentials({ username: '', password, target: '' })
    })
    rfb.addEventListener(
      'clipboard',
      ({ detail: { text } }) => void navigator.clipboard?.writeText(text).catch(() => {}),
    )
    return () => {
      screen.current = undefined
      rfb.disconnect()
    }
  }, [connection])
  useEffect(() => {
    if (!screen.current) return
    screen.current.viewOnly = isViewOnly
    screen.current.scaleViewport = isScaled
  }, [isViewOnly, isScaled])

  const paste = async () => {
    try {
      screen.current?.clipboardPasteFrom(await navigator.clipboard.readText())
    } catch {
      void notify({ message: 'The browser does not allow reading the clipboard.' })
    }
  }
  return (
    <Panel title="Screen">
      <Stack gap="sm">
        <Group gap="md">
          <Switch
            label="View only"
            checked={isViewOnly}
            onChange={({ currentTarget }) => setIsViewOnly(currentTarget.checked)}
          />
          <Switch
            label="Fit to the page"
            checked={isScaled}
            onChange={({ currentTarget }) => setIsScaled(currentTarget.checked)}
          />
          <Button size="xs" variant="default" leftSection={<ClipboardPaste size={14} />} onClick={paste}>
            Send clipboard
          </Button>
          <Button
            size="xs"
            variant="default"
            leftSection={<Keyboard size={14} />}
            onClick={() => screen.current?.sendCtrlAltDel()}
          >
            Ctrl+Alt+Del
          </Button>
        </Group>
        {state && (
          <Text size="sm" role="status">
            {state}
          </Text>
        )}
        <section ref={element} className={classes.screen} aria-label="Screen of the device" />
      </Stack>
    </Panel>
  )
}
