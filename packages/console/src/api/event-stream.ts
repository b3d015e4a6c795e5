import type { Event } from '@mason/contract/event'
import { streamEvents } from '@mason/contract/event'
import { platformFetch } from './client.ts'
import { serverReturn } from './reachability.ts'

/** Short, so that a page is live again within seconds of the server's return. */
const pauseMs = 2000
/** The server says something every 15 seconds; a connection without a word for so long is dead. */
const silenceMs = 40_000

export type StreamState = 'connecting' | 'live' | 'lost'

export interface EventStreamOptions {
  onEvent: (event: Event) => void
  onState: (state: StreamState) => void
  signal: AbortSignal
}

/**
 * Follows the account's events until the signal aborts, and picks up behind the last one when the connection breaks.
 * EventSource would need every type of event named beforehand.
 */
export async function followEvents({ onEvent, onState, signal }: EventStreamOptions): Promise<void> {
  let lastId: string | undefined
  while (!signal.aborted) {
    const silence = watchSilence()
    try {
      const headers: Record<string, string> = lastId === undefined ? {} : { 'Last-Event-ID': lastId }
      const url = streamEvents.url.replace(':fleet', 'default')
      const response = await platformFetch(url, { headers, signal: AbortSignal.any([signal, silence.signal]) })
      if (response.status === 401 || response.status === 403) return onState('lost')
      if (response.ok && response.body) {
        onState('live')
        for await (const event of eventsOf(response.body, silence.heard)) {
          lastId = event.id
          onEvent(event)
        }
      }
    } catch {
      // The connection broke: it is opened again below.
    }
    silence.stop()
    if (signal.aborted) return
    onState('lost')
    await Promise.race([pause(pauseMs, signal), serverReturn(signal)])
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
