/** Free JSON may be so deep, and one more with the body that it is a member of. What is deeper could exhaust a stack. */
export const maxDepth = 100
const [backslash, quote] = [92, 34]

/** Whether a text of JSON is nested deeper. Looks at the text, before anything that calls itself for each level. */
export function isDeeper(text: string, most: number): boolean {
  if (text.length <= 2 * most) return false
  let depth = 0
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index)
        break
      case 91:
      case 123:
        if (++depth > most) return true
        break
      case 93:
      case 125:
        depth--
    }
  }
  return false
}

/** A text of JSON with null in place of every value that is nested deeper; what stands in it is not looked at. */
export function withoutDeeper(text: string, most: number): string {
  if (!isDeeper(text, most)) return text
  const kept: string[] = []
  let [depth, start, cut] = [0, 0, 0]
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case quote:
        index = endOfString(text, index)
        break
      case 91:
      case 123:
        if (++depth === most + 1) cut = index
        break
      case 93:
      case 125:
        if (depth-- !== most + 1) break
        kept.push(text.slice(start, cut), 'null')
        start = index + 1
    }
  }
  return kept.join('') + text.slice(start)
}

/** The place of the quote that closes a string. */
function endOfString(text: string, start: number): number {
  for (let index = start; ; ) {
    index = text.indexOf('"', index + 1)
    if (index === -1) return text.length
    let slashes = 0
    while (text.charCodeAt(index - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return index
  }
}
