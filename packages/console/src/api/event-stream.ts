import type { Event } from '@mason/contract/event'
import { streamEvents } from '@mason/contract/event'

const firstDelayMs = 1000
const longestDelayMs = 30_000

export interface EventStreamOptions {
  onEvent: (event: Event) => void
  onState: (isLive: boolean) => void
  signal: AbortSignal
}

/**
 * Follows the account's events until the signal aborts, and picks up behind the last one when the connection breaks.
 * EventSource would need every type of event named beforehand.
 */
export async function followEvents({ onEvent, onState, signal }: EventStreamOptions): Promise<void> {
  let lastId: string | undefined
  let delayMs = firstDelayMs
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = lastId === undefined ? {} : { 'Last-Event-ID': lastId }
      const response = await fetch(streamEvents.url.replace(':fleet', 'default'), { headers, signal })
      if (response.status === 401 || response.status === 403) return
      if (response.ok && response.body) {
        onState(true)
        delayMs = firstDelayMs
        for await (const event of eventsOf(response.body)) {
          lastId = event.id
          onEvent(event)
        }
      }
    } catch {
      // The connection broke: it is opened again below.
    }
    onState(false)
    if (!signal.aborted) await pause(delayMs, signal)
    delayMs = Math.min(longestDelayMs, delayMs * 2)
  }
}

async function* eventsOf(body: ReadableStream<Uint8Array<ArrayBuffer>>): AsyncGenerator<Event> {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader()
  let pending = ''
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    const blocks = (pending + chunk.value).split('\n\n')
    pending = blocks.pop() ?? ''
    for (const block of blocks) {
      const data = block.split('\n').find((line) => line.startsWith('data: '))
      if (data) yield JSON.parse(data.slice('data: '.length)) as Event
    }
  }
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
