import { Button, Group, Stack, Text } from '@mantine/core'
import type { Adb } from '@yume-chan/adb'
import { Camera, FileArchive } from 'lucide-react'
import { useEffect, useState } from 'react'
import { notifyFailure } from '../ui/notify.tsx'
import { Panel } from '../ui/panel.tsx'
import { pull } from './files.ts'
import { run, saveBytes, stamp, textOf } from './run.ts'
import classes from './xray.module.css'

type Busy = 'screenshot' | 'report' | undefined

/** A picture of the screen and a bug report, as files. */
export default function CapturePanel({ adb, name }: { adb: Adb; name: string }) {
  const [busy, setBusy] = useState<Busy>()
  const [picture, setPicture] = useState<Uint8Array>()
  const doing = (what: Busy, failure: string, work: () => Promise<void>) => async () => {
    setBusy(what)
    try {
      await work()
    } catch (error) {
      notifyFailure(failure, error)
    } finally {
      setBusy(undefined)
    }
  }
  const capture = doing('screenshot', 'No screenshot', async () => setPicture(await screenshot(adb)))
  const report = doing('report', 'No bug report', async () =>
    saveBytes(`${name}-${stamp()}-bugreport.zip`, await bugReport(adb), 'application/zip'),
  )
  return (
    <Panel title="Screenshot and bug report">
      <Stack gap="sm">
        <Group gap="xs">
          <Button leftSection={<Camera size={14} />} loading={busy === 'screenshot'} onClick={capture}>
            Take a screenshot
          </Button>
          <Button
            variant="default"
            leftSection={<FileArchive size={14} />}
            loading={busy === 'report'}
            onClick={report}
          >
            Bug report
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          On Android, a bug report takes a few minutes.
        </Text>
        {picture && <Picture bytes={picture} name={`${name}-${stamp()}.png`} />}
      </Stack>
    </Panel>
  )
}

function Picture({ bytes, name }: { bytes: Uint8Array; name: string }) {
  const [address, setAddress] = useState<string>()
  useEffect(() => {
    const reader = new FileReader()
    // The page's policy allows images as data, and none from elsewhere.
    reader.addEventListener('load', () => setAddress(String(reader.result)))
    reader.readAsDataURL(new Blob([bytes as BlobPart], { type: 'image/png' }))
  }, [bytes])
  return (
    <>
      <Group>
        <Button variant="default" size="xs" onClick={() => saveBytes(name, [bytes], 'image/png')}>
          Save
        </Button>
      </Group>
      {address && <img className={classes.picture} src={address} alt="The screen of the device" />}
    </>
  )
}

async function screenshot(adb: Adb): Promise<Uint8Array> {
  const { output } = await run(adb, 'screencap -p')
  if (output[0] !== 0x89 || output[1] !== 0x50)
    throw new Error(
      `The device has no screen to capture${output.length > 0 ? `: ${textOf(output).slice(0, 200)}` : '.'}`,
    )
  return output
}

/** What Android's bugreportz writes, which then says where. */
async function bugReport(adb: Adb): Promise<Uint8Array[]> {
  const said = textOf((await run(adb, 'bugreportz')).output)
  const [, path] = /OK:(\S+)/.exec(said) ?? []
  if (path === undefined) throw new Error(`The device makes no bug reports: ${said.slice(0, 200) || 'it said nothing'}`)
  return pull(adb, path, 0, () => {})
}
