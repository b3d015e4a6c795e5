const parts = /([0-9]+)|(-(?=[^-0-9.+_\s()]))|(\+)|([^-0-9.+_\s()]+)/gu

/** A text whose order, by its characters, is that of versions; `version_key()` of the server is the same in SQL. */
function versionKey(version: string): string {
  const folded = version
    .normalize('NFD')
    .toLowerCase()
    .normalize('NFD')
    .replace(/^\s*v(?=[0-9])/, '')
  let key = ''
  for (const [, number, preRelease, build, letters] of folded.matchAll(parts)) {
    const digits = number?.replace(/^0+/, '')
    if (digits !== undefined) key += `5${String(digits.length).padStart(4, '0')}${digits}`
    else if (preRelease !== undefined) key += '1'
    else key += build === undefined ? `4${letters}\u0001` : '3'
  }
  return `${key}2`
}

/**
 * Compares versions as people mean them: `3.2 < 3.10`, `3.2.1-beta < 3.2.1 < 3.2.1+45`. Source: docs/contract.md §13.
 *
 * @returns a negative number where `left` comes first, a positive one where `right` does; 0 where they are equal.
 */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [versionKey(left), versionKey(right)]
  if (a === b) return 0
  return a < b ? -1 : 1
}
