import type { Event } from '@mason/contract/event'
import { streamEvents } from '@mason/contract/event'
import { attention, watchAttention } from './attention.ts'
import { platformFetch } from './client.ts'
import { serverReturn } from './reachability.ts'

/** Short, so that a page is live again within seconds of the server's return. */
const pauseMs = 2000
/** The server says something every 15 seconds; a connection without a word for so long is dead. */
const silenceMs = 40_000
/** What happened behind a hidden page is made up for up to here. */
const longAwayMs = 10 * 60_000

export type StreamState = 'connecting' | 'live' | 'lost'

export interface EventStreamOptions {
  onEvent: (event: Event) => void
  onState: (state: StreamState) => void
  /** From now on events are told: those of before, while the page was loaded, were not. */
  onBegin: () => void
  /** What happened meanwhile is not told: what was read is to be read again. */
  onGap: () => void
  signal: AbortSignal
}

/**
 * Follows the account's events until the signal aborts, and picks up behind the last one when the connection breaks.
 * EventSource would need every type of event named beforehand.
 */
export async function followEvents({ onEvent, onState, onBegin, onGap, signal }: EventStreamOptions): Promise<void> {
  let lastId: string | undefined
  const onEach = (event: Event) => {
    lastId = event.id
    onEvent(event)
  }
  let wasLive = false
  const onLive = () => {
    onState('live')
    if (!wasLive) onBegin()
    else if (lastId === undefined) onGap()
    wasLive = true
  }
  while (!signal.aborted) {
    const end = await listen({ lastId, onEvent: onEach, onLive, signal })
    if (signal.aborted) return
    if (end === 'unseen') {
      const leftAt = Date.now()
      await attention(signal)
      // So much may have happened that reading everything again is less.
      if (Date.now() - leftAt > longAwayMs) lastId = undefined
      continue
    }
    onState('lost')
    if (end === 'refused') return
    await Promise.race([pause(pauseMs, signal), serverReturn(signal)])
  }
}

interface Listening {
  lastId: string | undefined
  onEvent: (event: Event) => void
  onLive: () => void
  signal: AbortSignal
}

/** Follows events over one connection until it ends, and says why it did. */
async function listen({ lastId, onEvent, onLive, signal }: Listening): Promise<'refused' | 'broken' | 'unseen'> {
  const silence = watchSilence()
  const looks = watchAttention()
  try {
    const headers: Record<string, string> = lastId === undefined ? {} : { 'Last-Event-ID': lastId }
    const url = streamEvents.url.replace(':fleet', 'default')
    const response = await platformFetch(url, {
      headers,
      signal: AbortSignal.any([signal, silence.signal, looks.signal]),
    })
    if (response.status === 401 || response.status === 403) return 'refused'
    if (!response.ok || !response.body) return 'broken'
    onLive()
    for await (const event of eventsOf(response.body, silence.heard)) onEvent(event)
    return 'broken'
  } catch {
    return looks.signal.aborted ? 'unseen' : 'broken'
  } finally {
    silence.stop()
    looks.stop()
  }
}

async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>, heard: () => void): AsyncGenerator<Event> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let pending = ''
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    heard()
    const blocks = (pending + chunk.value).split('\n\n')
    pending = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '))
      if (data) yield JSON.parse(data.slice('data: '.length)) as Event
    }
  }
}

/** A signal that aborts when nothing was heard for too long. */
function watchSilence() {
  const silence = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const stop = () => clearTimeout(timer)
  const heard = () => {
    stop()
    timer = setTimeout(() => silence.abort(), silenceMs)
  }
  heard()
  return { signal: silence.signal, heard, stop }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      resolve()
    })
  })
}
