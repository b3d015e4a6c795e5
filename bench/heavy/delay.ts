// Loaded into the server by --import: notes how late the turns of its event loop are.
import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'

const file = new URL(import.meta.url).searchParams.get('file')
const everyMs = 10
let last = performance.now()
let late: string[] = []

function note(): void {
  const now = performance.now()
  late.push(`${Math.round(performance.timeOrigin + now)} ${Math.max(0, now - last - everyMs).toFixed(1)}\n`)
  last = now
}

/** Rarely, as it is written synchronously. */
function write(): void {
  if (file) appendFileSync(file, late.join(''))
  late = []
}

// Threads of the server inherit the flag.
if (isMainThread) {
  setInterval(note, everyMs).unref()
  setInterval(write, 500).unref()
}
