// The Controller speaks English, and so do its numbers and times: what the browser says of its language is not asked.
const language = 'en'
const dayFirst = 'en-GB'

/** Makes the formatters of numbers and times, all in one place; times are told in the reader's time zone unless said otherwise. */
export const formats = {
  whole: new Intl.NumberFormat(language),
  share: new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }),
  relative: new Intl.RelativeTimeFormat(language, { numeric: 'auto', style: 'long' }),
  exact: new Intl.DateTimeFormat(dayFirst, { dateStyle: 'medium', timeStyle: 'long' }),
  day: new Intl.DateTimeFormat(dayFirst, { dateStyle: 'medium' }),
  month: new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric', timeZone: 'UTC' }),
} as const

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
