import { formats } from '../ui/formats.ts'

/** A month of the calendar (UTC), as "2026-11". */
export type Month = string

export const thisMonth = (): Month => new Date().toISOString().slice(0, 7)

export const isMonth = (text: string | undefined): text is Month => /^\d{4}-(0[1-9]|1[0-2])$/.test(text ?? '')

/** The month so many months later, or earlier. */
export function monthAfter(month: Month, months = 1): Month {
  const date = new Date(`${month}-01T00:00:00Z`)
  date.setUTCMonth(date.getUTCMonth() + months)
  return date.toISOString().slice(0, 7)
}

/** First day, and the day behind the last, as the API takes them. */
export const daysOf = (month: Month) => ({ start: `${month}-01`, end: `${monthAfter(month)}-01` })

/** "November 2026". */
export const nameOf = (month: Month): string => formats.month.format(new Date(`${month}-01T00:00:00Z`))
