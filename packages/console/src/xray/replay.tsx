import { Button, Group, SegmentedControl, Slider, Stack, Text } from '@mantine/core'
import { Download, Pause, Play } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { platformFetch } from '../api/client.ts'
import { messageOf } from '../api/faults.ts'
import { download } from '../ui/download.ts'
import { Loading } from '../ui/states.tsx'
import { type Cast, parseCast } from './cast.ts'
import { Player, type PlayerState } from './player.ts'
import { newTerminal, show } from './terminal-look.ts'
import classes from './xray.module.css'

const speeds = ['1', '2', '8']
const minuteSeconds = 60

async function readCast(path: string): Promise<Cast> {
  const answer = await platformFetch(path)
  if (!answer.ok) throw new Error('The recording is gone, or cannot be read now.')
  return parseCast(await answer.text())
}

/** Replays what a shell showed. */
export default function Replay({ id }: { id: string }) {
  const path = `/v1/default/xray/recording/${id}`
  const [cast, setCast] = useState<Cast>()
  const [fault, setFault] = useState<string>()
  useEffect(() => {
    let isGone = false
    readCast(path).then(
      (read) => isGone || setCast(read),
      (error) => isGone || setFault(messageOf(error)),
    )
    return () => {
      isGone = true
    }
  }, [path])
  if (fault !== undefined) return <Text role="alert">{fault}</Text>
  if (!cast) return <Loading />
  return <Screen cast={cast} onKeep={() => download(path)} />
}

function Screen({ cast, onKeep }: { cast: Cast; onKeep: () => void }) {
  const element = useRef<HTMLElement>(null)
  const player = useRef<Player | undefined>(undefined)
  const [{ seconds, isPlaying }, setState] = useState<PlayerState>({ seconds: 0, isPlaying: false })
  const [speed, setSpeed] = useState('1')
  useEffect(() => {
    if (!element.current) return
    const terminal = newTerminal({ disableStdin: true })
    show(terminal, element.current)
    const mine = new Player(terminal, cast, setState)
    player.current = mine
    mine.play()
    return () => {
      mine.pause()
      terminal.dispose()
    }
  }, [cast])
  useEffect(() => {
    if (player.current) player.current.speed = Number(speed)
  }, [speed])
  return (
    <Stack gap="sm">
      <section ref={element} className={classes.replay} aria-label="Recorded shell" />
      <Slider
        thumbLabel="Moment"
        max={Math.max(cast.seconds, 0.1)}
        step={0.1}
        value={seconds}
        label={clock}
        onChange={(moment) => player.current?.seek(moment)}
      />
      <Group gap="xs">
        <Button
          size="xs"
          leftSection={isPlaying ? <Pause size={14} /> : <Play size={14} />}
          onClick={() => (isPlaying ? player.current?.pause() : player.current?.play())}
        >
          {isPlaying ? 'Pause' : 'Play'}
        </Button>
        <SegmentedControl
          size="xs"
          aria-label="Speed"
          data={speeds.map((value) => ({ value, label: `${value}×` }))}
          value={speed}
          onChange={setSpeed}
        />
        <Text size="sm">
          {clock(seconds)} of {clock(cast.seconds)}
        </Text>
        <Button size="xs" variant="default" leftSection={<Download size={14} />} onClick={onKeep}>
          Download
        </Button>
      </Group>
    </Stack>
  )
}

const clock = (seconds: number) =>
  `${Math.floor(seconds / minuteSeconds)}:${String(Math.floor(seconds % minuteSeconds)).padStart(2, '0')}`
