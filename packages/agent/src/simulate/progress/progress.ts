import type { WriteStream } from 'node:tty'
import type { Statistics } from './statistics.ts'

const ttyPeriodMs = 500
const plainPeriodMs = 10_000

const count = new Intl.NumberFormat('en')
const figure = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 })

/** The status of a simulation in one line. `checkInsPerSecond` is the rate over a period that the caller chooses. */
export function statusLine(statistics: Statistics, checkInsPerSecond: number): string {
  const { enrolled, devices, checkIns, errors, lateMs, connected, commands, usage } = statistics
  const answers = Object.entries(commands).filter(([, times]) => times > 0)
  return [
    `enrolled ${count.format(enrolled)}/${count.format(devices)}`,
    ...(connected > 0 ? [`connected ${count.format(connected)}`] : []),
    `check-ins ${count.format(checkIns)}`,
    `${count.format(Math.round(checkInsPerSecond))}/s`,
    `errors ${count.format(errors)}`,
    `p50 ${figure.format(statistics.latencyMs(50))} ms`,
    `p99 ${figure.format(statistics.latencyMs(99))} ms`,
    ...(answers.length > 0
      ? [`commands ${answers.map(([outcome, times]) => `${count.format(times)} ${outcome}`).join(', ')}`]
      : []),
    ...(usage.sims > 0
      ? [
          `SIMs ${count.format(usage.sims)}, ${count.format(usage.records)} usage records, ${figure.format(usage.bytes / 1e9)} GB`,
        ]
      : []),
    ...(lateMs > 1000 ? [`${count.format(Math.round(lateMs / 1000))} s behind`] : []),
  ].join(' · ')
}

/**
 * Prints the progress of a simulation: one line that changes on a terminal, otherwise a new line every 10 seconds.
 *
 * @returns a function that stops it.
 */
export function showProgress(statistics: Statistics, output: Pick<WriteStream, 'write' | 'isTTY'>): () => void {
  let lastCheckIns = 0
  let lastMs = performance.now()
  const show = () => {
    const nowMs = performance.now()
    const line = statusLine(statistics, ((statistics.checkIns - lastCheckIns) * 1000) / (nowMs - lastMs))
    lastCheckIns = statistics.checkIns
    lastMs = nowMs
    output.write(output.isTTY ? `\r\x1b[2K${line}` : `${line}\n`)
  }
  const timer = setInterval(show, output.isTTY ? ttyPeriodMs : plainPeriodMs)
  return () => {
    clearInterval(timer)
    if (output.isTTY) output.write('\r\x1b[2K')
  }
}
