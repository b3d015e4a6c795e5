import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'

/** The text of a filter while it is typed: `ask` asks for it as soon as whoever types pauses, and what comes from elsewhere is shown. */
export function useTypedFilter(value: string, onChange: (text: string) => void, pauseMs: number) {
  const [typed, setTyped] = useState(value)
  const asked = useRef(value)
  useEffect(() => {
    // An echo of what was typed would undo what was typed since.
    if (value === asked.current) return
    asked.current = value
    setTyped(value)
  }, [value])
  const ask = useDebouncedCallback((text: string) => {
    asked.current = text
    onChange(text)
  }, pauseMs)
  return { typed, setTyped, ask }
}
