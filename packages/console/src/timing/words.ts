import { type Window, weekdays } from '@mason/contract/window'

/** A window in words: "22:00 to 05:00, Mon, Tue, time of each device". */
export function windowInWords({ from, to, days, timezone }: Window): string {
  const chosen = weekdays
    .filter((day) => days?.includes(day))
    .map((day) => day.slice(0, 1).toUpperCase() + day.slice(1))
  return [`${from} to ${to}`, ...chosen, timezone === 'device' ? 'time of each device' : timezone].join(', ')
}
