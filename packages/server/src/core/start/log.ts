import { type Logger, pino } from 'pino'

/** Lines of JSON on the standard output; that nobody reads them any more, or the terminal is gone, ends nothing. */
export function openLog(level: string, bindings: object = {}): Logger {
  const output = pino.destination({ dest: 1, sync: true })
  output.on('error', () => {})
  return pino({ level }, output).child(bindings)
}
