import { Button, Group, Stack, TextInput } from '@mantine/core'
import type { Adb } from '@yume-chan/adb'
import { Pause, Play, Save } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { Panel } from '../ui/panel.tsx'
import { readLog } from './log.ts'
import { saveBytes, stamp } from './run.ts'
import classes from './xray.module.css'

const most = 5_000
const drawEveryMs = 250

/** The log of a device as it is written, which can be filtered, paused and kept. */
export default function LogsPanel({ adb, name }: { adb: Adb; name: string }) {
  const lines = useRef<string[]>([])
  const [shown, setShown] = useState<readonly string[]>([])
  const [filter, setFilter] = useState('')
  const [isPaused, setIsPaused] = useState(false)
  useEffect(() => {
    const stopping = new AbortController()
    void readLog(adb, stopping.signal, (more) => {
      lines.current = [...lines.current, ...more].slice(-most)
    })
    return () => stopping.abort()
  }, [adb])
  useEffect(() => {
    if (isPaused) return
    const timer = setInterval(() => setShown(lines.current), drawEveryMs)
    return () => clearInterval(timer)
  }, [isPaused])
  const wanted = filter.toLowerCase()
  const matching = wanted === '' ? shown : shown.filter((line) => line.toLowerCase().includes(wanted))
  const save = () => {
    const text = `${matching.join('\n')}\n`
    saveBytes(`${name}-${stamp()}.log`, [new TextEncoder().encode(text)], 'text/plain')
  }
  return (
    <Panel title="Logs" note={`The last ${most.toLocaleString()} lines`}>
      <Stack gap="sm">
        <Group gap="xs" align="end">
          <TextInput
            label="Filter"
            placeholder="Only lines that contain this"
            value={filter}
            onChange={({ currentTarget }) => setFilter(currentTarget.value)}
            flex={1}
          />
          <Button
            variant="default"
            leftSection={isPaused ? <Play size={14} /> : <Pause size={14} />}
            onClick={() => setIsPaused(!isPaused)}
          >
            {isPaused ? 'Resume' : 'Pause'}
          </Button>
          <Button variant="default" leftSection={<Save size={14} />} onClick={save}>
            Save
          </Button>
        </Group>
        <Lines lines={matching} />
      </Stack>
    </Panel>
  )
}

function Lines({ lines }: { lines: readonly string[] }) {
  const element = useRef<HTMLPreElement>(null)
  const isAtEnd = useRef(true)
  useEffect(() => {
    if (isAtEnd.current && lines.length > 0) element.current?.scrollTo({ top: element.current.scrollHeight })
  }, [lines])
  const note = () => {
    const { scrollTop = 0, clientHeight = 0, scrollHeight = 0 } = element.current ?? {}
    isAtEnd.current = scrollTop + clientHeight >= scrollHeight - 20
  }
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <pre ref={element} className={classes.log} role="log" tabIndex={0} aria-label="Log" onScroll={note}>
      {lines.join('\n')}
    </pre>
  )
}
