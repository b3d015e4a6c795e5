import { openExchange } from '../http/exchange.ts'
import { showProgress, statusLine } from './progress/progress.ts'
import { Statistics } from './progress/statistics.ts'
import { wallClock } from './schedule/clock.ts'
import { type SimulateOptions, simulate } from './simulate.ts'

const causesShown = 5

/**
 * Runs a simulation on the command line: prints its progress while it runs and a summary at the end.
 *
 * @returns whether any check-in succeeded.
 */
export async function runSimulation(options: SimulateOptions, signal: AbortSignal): Promise<boolean> {
  const statistics = new Statistics(options.devices)
  const exchange = openExchange(options.server, { connections: options.concurrency })
  // Overwrites the progress line of a terminal, which is then drawn again below.
  const clearLine = process.stdout.isTTY ? '\r\x1b[2K' : ''
  statistics.onNewCause = (cause) => process.stderr.write(`${clearLine}mason-agent: ${cause}\n`)
  const endProgress = showProgress(statistics, process.stdout)
  try {
    await simulate(options, { exchange, statistics, clock: wallClock, random: Math.random, signal })
  } finally {
    endProgress()
    await exchange.close()
  }
  const endMs = performance.now()
  const seconds = (endMs - (statistics.checkInsStartedMs ?? endMs)) / 1000
  for (const { cause, count } of statistics.causes().slice(0, causesShown)) console.error(`${count} × ${cause}`)
  const partialPercent = Math.round((100 * statistics.partialCheckIns) / Math.max(1, statistics.checkIns))
  statistics.lateMs = 0
  const { mostConnected } = statistics
  const connections = mostConnected > 0 ? ` · at most ${mostConnected} connected at a time` : ''
  const line = statusLine(statistics, statistics.checkIns / Math.max(seconds, 0.001))
  console.log(`${line} · ${partialPercent} % partial${connections} · ${seconds.toFixed(1)} s of check-ins`)
  return statistics.checkIns > 0
}
