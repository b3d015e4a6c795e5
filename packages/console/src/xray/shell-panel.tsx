import { Button, Group, Tabs } from '@mantine/core'
import type { Adb } from '@yume-chan/adb'
import { Plus } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { notifyFailure } from '../ui/notify.tsx'
import { type DeviceTerminal, openTerminal } from './terminal.ts'
import classes from './xray.module.css'

const most = 8

/** Shells of a device, each in a tab of its own. */
export default function ShellPanel({ adb }: { adb: Adb }) {
  const [shells, setShells] = useState(['1'])
  const [shown, setShown] = useState<string | null>('1')
  const next = useRef(2)
  const add = () => {
    const name = String(next.current)
    next.current += 1
    setShells([...shells, name])
    setShown(name)
  }
  return (
    <Tabs value={shown} onChange={setShown} keepMounted keepMountedMode="display-none">
      <Group gap="xs" mb="xs">
        <Tabs.List>
          {shells.map((name) => (
            <Tabs.Tab key={name} value={name}>
              Shell {name}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Button
          size="compact-sm"
          variant="subtle"
          leftSection={<Plus size={14} />}
          disabled={shells.length >= most}
          onClick={add}
        >
          New shell
        </Button>
      </Group>
      {shells.map((name) => (
        <Tabs.Panel key={name} value={name}>
          <Shell adb={adb} label={`Shell ${name}`} />
        </Tabs.Panel>
      ))}
    </Tabs>
  )
}

function Shell({ adb, label }: { adb: Adb; label: string }) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    let [isOver, terminal]: [boolean, DeviceTerminal | undefined] = [false, undefined]
    const open = async () => {
      if (!element.current) return
      terminal = await openTerminal(element.current, adb, () => {})
      if (isOver) terminal.dispose()
      else terminal.focus()
    }
    open().catch((error) => notifyFailure('The shell could not be opened', error))
    return () => {
      isOver = true
      terminal?.dispose()
    }
  }, [adb])
  return <section ref={element} className={classes.terminal} aria-label={label} />
}
