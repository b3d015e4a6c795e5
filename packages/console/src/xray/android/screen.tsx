import { Button, Group, Stack, Text } from '@mantine/core'
import type { Artifact } from '@mason/contract/artifact'
import type { Adb } from '@yume-chan/adb'
import { ClipboardPaste } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { messageOf } from '../../api/faults.ts'
import { notify } from '../../ui/notify.tsx'
import classes from '../xray.module.css'
import { deviceKeys, press, takeKeys } from './keys.ts'
import { takePointers } from './pointers.ts'
import { type AndroidScreen, showScreen } from './scrcpy.ts'

/** The screen of an Android device by scrcpy, with its touch, keys and clipboard. */
export default function Screen({ adb, server }: { adb: Adb; server: Artifact }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [screen, setScreen] = useState<AndroidScreen>()
  const [state, setState] = useState('Starting scrcpy on the device')

  useEffect(() => {
    const shown = canvas.current
    if (!shown) return
    const left = new AbortController()
    const opening = showScreen(adb, server, shown)
    opening.then(
      (opened) => {
        if (left.signal.aborted) return opened.close()
        setScreen(opened)
        setState('')
        takePointers(shown, opened.controller, left.signal)
        takeKeys(shown, opened.controller, left.signal)
        void copyFrom(opened)
        const over = () => setState('The screen is gone')
        opened.ended.then(over, over)
      },
      (error) => setState(messageOf(error)),
    )
    return () => {
      left.abort()
      opening.then((opened) => opened.close()).catch(() => {})
    }
  }, [adb, server])

  const paste = async () => {
    try {
      const content = await navigator.clipboard.readText()
      await screen?.controller.setClipboard({ sequence: 0n, paste: true, content })
    } catch {
      void notify({ message: 'The browser does not give the clipboard away.' })
    }
  }
  return (
    <Stack gap="sm">
      <Group gap="xs">
        {deviceKeys.map(([label, code]) => (
          <Button
            key={label}
            size="xs"
            variant="default"
            disabled={!screen}
            onClick={() => screen && void press(screen.controller, code).catch(() => {})}
          >
            {label}
          </Button>
        ))}
        <Button
          size="xs"
          variant="default"
          leftSection={<ClipboardPaste size={14} />}
          disabled={!screen}
          onClick={paste}
        >
          Send clipboard
        </Button>
      </Group>
      {state && (
        <Text size="sm" role="status">
          {state}
        </Text>
      )}
      <canvas ref={canvas} className={classes.android} tabIndex={0} aria-label="Screen of the device" />
    </Stack>
  )
}

/** What is copied on the device is in the clipboard of whoever looks at it, where their browser lets a page do that. */
async function copyFrom({ clipboard }: AndroidScreen): Promise<void> {
  const reader = clipboard?.getReader()
  for (;;) {
    const { done, value } = (await reader?.read().catch(() => undefined)) ?? { done: true }
    if (done || value === undefined) return
    await navigator.clipboard?.writeText(value).catch(() => {})
  }
}
