// The Controller speaks English, and so do its numbers and times: what the browser says of its language is not asked.
const language = 'en'
const dayFirst = 'en-GB'

/** The formatters of numbers and of days that are the same for everybody. */
export const formats = {
  whole: new Intl.NumberFormat(language),
  share: new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }),
  relative: new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'long' }),
  utcDay: new Intl.DateTimeFormat(dayFirst, { dateStyle: 'medium', timeZone: 'UTC' }),
  month: new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }),
} as const

/** How somebody is told of times. */
export interface TimeStyle {
  /** An IANA time zone; absent for that of this browser. */
  timezone?: string
  clock: '12h' | '24h'
}

/** The formatters of moments, as somebody wants them. A time zone that this browser does not know is left to the browser. */
export function timeFormats({ timezone, clock }: TimeStyle) {
  const hourCycle = clock === '12h' ? 'h12' : 'h23'
  const format = (style: Intl.DateTimeFormatOptions) => {
    try {
      return new Intl.DateTimeFormat(dayFirst, { ...style, ...(timezone !== undefined && { timeZone: timezone }) })
    } catch {
      return new Intl.DateTimeFormat(dayFirst, style)
    }
  }
  return {
    exact: format({ dateStyle: 'medium', timeStyle: 'long', hourCycle }),
    day: format({ dateStyle: 'medium' }),
  }
}

/**
 * Gives libraries a language that can be formatted in. uPlot takes the browser's at its word when it is loaded, and Chromium
 * under `LANG=C` says `en-US@posix`, which is no language tag.
 */
export function mendLanguage(of: { readonly language: string }): void {
  if (!isLanguageTag(of.language)) Object.defineProperty(of, 'language', { value: language })
}

function isLanguageTag(text: string): boolean {
  try {
    return Intl.getCanonicalLocales(text).length === 1
  } catch {
    return false
  }
}
