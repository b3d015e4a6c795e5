/** What stands behind the `?` of a page's address: plain text, so that a 15-digit IMEI stays what it is. */
export type Search = Record<string, string>

export const parseSearch = (text: string): Search => Object.fromEntries(new URLSearchParams(text))

export function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
  return entries.length === 0 ? '' : `?${new URLSearchParams(entries.map(([name, value]) => [name, String(value)]))}`
}

/** Keeps the members that a page knows. */
export const keeping =
  <const N extends string>(...names: N[]) =>
  (search: Record<string, unknown>): { [name in N]?: string } =>
    Object.fromEntries(names.flatMap((name) => (search[name] ? [[name, String(search[name])]] : []))) as {
      [name in N]?: string
    }
