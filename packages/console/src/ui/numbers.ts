import { formats } from './formats.ts'

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB']

/** 1234567 as "1,234,567". */
export const count = (value: number): string => formats.whole.format(value)

/** "1 device", "2 devices". */
export const counted = (value: number, noun: string, plural = `${noun}s`): string =>
  `${formats.whole.format(value)} ${value === 1 ? noun : plural}`

export const percent = (part: number, total: number): string => formats.share.format(total === 0 ? 0 : part / total)

/** Bytes in decimal units, as data plans count them: 94866194 as "94.9 MB". */
export function bytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(byteUnits.length - 1, Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** power
  return `${scaled.toFixed(power === 0 ? 0 : decimalsOf(scaled))} ${byteUnits[power]}`
}

/** Three digits in all. */
function decimalsOf(scaled: number): number {
  if (scaled >= 100) return 0
  return scaled >= 10 ? 1 : 2
}

/** Minutes in the largest unit that divides them: "90 minutes", "24 hours", "3 days". */
export function duration(minutes: number): string {
  if (minutes > 1440 && minutes % 1440 === 0) return counted(minutes / 1440, 'day')
  if (minutes >= 60 && minutes % 60 === 0) return counted(minutes / 60, 'hour')
  return counted(minutes, 'minute')
}
