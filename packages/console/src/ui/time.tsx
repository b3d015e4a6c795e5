import { Tooltip } from '@mantine/core'
import { createContext, type ReactNode, useContext, useMemo, useRef, useState, useSyncExternalStore } from 'react'
import { formats, type TimeStyle, timeFormats } from './formats.ts'

const units: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['week', 604_800],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
]

const Times = createContext(timeFormats({ clock: '24h' }))

/** Tells all times below it as somebody wants them. */
export function TimesAs({ timezone, clock, children }: TimeStyle & { children: ReactNode }) {
  const times = useMemo(() => timeFormats({ clock, ...(timezone !== undefined && { timezone }) }), [timezone, clock])
  return <Times value={times}>{children}</Times>
}

/** "3 minutes ago", with the exact time on hover and focus. */
export function RelativeTime({ time }: { time: string }) {
  const now = useNow()
  const { exact } = useContext(Times)
  const target = useRef<HTMLTimeElement>(null)
  const [isLookedAt, setIsLookedAt] = useState(false)
  const show = () => setIsLookedAt(true)
  const hide = () => setIsLookedAt(false)
  return (
    <>
      <time
        ref={target}
        dateTime={time}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the exact time must be reachable by keyboard
        tabIndex={0}
        onPointerEnter={show}
        onPointerLeave={hide}
        onFocus={show}
        onBlur={hide}
      >
        {relativeTime(time, now)}
      </time>
      {/* A table has dozens of times: a tooltip for each would take as long to draw as all the rest. */}
      {isLookedAt && <Tooltip target={target} label={exact.format(new Date(time))} opened />}
    </>
  )
}

/** A moment in full, by the reader's clock. */
export function Moment({ time }: { time: string }) {
  return useContext(Times).exact.format(new Date(time))
}

/** The day of a moment, as the reader's calendar has it. */
export function Day({ time }: { time: string }) {
  return useContext(Times).day.format(new Date(time))
}

/** The day that begins with a time of UTC, as usage is counted. */
export const dayOf = (time: string) => formats.utcDay.format(new Date(time))

/** So often the times of a page move on. */
const tickMs = 10_000

function relativeTime(time: string, now: number): string {
  const seconds = (Date.parse(time) - now) / 1000
  // What was read since the last tick lies ahead of it, and is not to come for that.
  if (Math.abs(seconds) < 45) return seconds * 1000 > tickMs ? 'in a moment' : 'just now'
  const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size * 0.95) ?? (['minute', 60] as const)
  return formats.relative.format(Math.round(seconds / length), unit)
}

// All times of a page move on together.
const listeners = new Set<() => void>()
let now = Date.now()
let timer: ReturnType<typeof setInterval> | undefined

function useNow(): number {
  return useSyncExternalStore(subscribe, () => now)
}

function subscribe(listener: () => void): () => void {
  now = Date.now()
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, tickMs)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
