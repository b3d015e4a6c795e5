/** What a terminal showed, and when. */
export interface Cast {
  columns: number
  rows: number
  events: CastEvent[]
  /** Until what was shown last. */
  seconds: number
}

interface CastEvent {
  at: number
  /** `o` for what was shown, `r` for another size. */
  kind: string
  text: string
}

/** Reads an asciicast of version 2. Source: https://docs.asciinema.org/manual/asciicast/v2/. */
export function parseCast(text: string): Cast {
  const [header = {}, ...lines] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  const events = lines.map(([at, kind, shown]: [number, string, string]): CastEvent => ({ at, kind, text: shown }))
  return { columns: header.width ?? 80, rows: header.height ?? 24, events, seconds: events.at(-1)?.at ?? 0 }
}
