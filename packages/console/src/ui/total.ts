import { count, counted } from './numbers.ts'

/** "100 of 1,234 devices", "about 1,000,000 devices". */
export function totalInWords(
  loaded: number,
  total: { count: number; exact: boolean } | undefined,
  noun: string,
): string {
  if (total === undefined) return counted(loaded, noun)
  const all = `${total.exact ? '' : 'about '}${counted(Math.max(total.count, loaded), noun)}`
  return loaded >= total.count ? all : `${count(loaded)} of ${all}`
}
