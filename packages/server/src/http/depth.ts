/** Free JSON may be so deep, and one more with the body that it is a member of. What is deeper could exhaust a stack. */
export const maxDepth = 100
/** Of a report the member that is too deep is left out by itself; deeper than this it is no report. */
export const maxReportDepth = 1_000
const [backslash, quote] = [92, 34]

/** Whether a text of JSON is nested deeper. Looks at the text, before anything that calls itself for each level. */
export function isDeeper(text: string, most: number): boolean {
  if (text.length <= 2 * most) return false
  let depth = 0
  for (let place = 0; place < text.length; place++) {
    switch (text.charCodeAt(place)) {
      case quote:
        place = endOfString(text, place)
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

/** The place of the quote that closes a string. */
function endOfString(text: string, start: number): number {
  for (let place = start; ; ) {
    place = text.indexOf('"', place + 1)
    if (place === -1) return text.length
    let slashes = 0
    while (text.charCodeAt(place - 1 - slashes) === backslash) slashes++
    if (slashes % 2 === 0) return place
  }
}
