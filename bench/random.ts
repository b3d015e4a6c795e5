/** Picks one of the items, each with equal probability. */
export function pick<T>(items: readonly T[]): T {
  return items[Math.floor(Math.random() * items.length)] as T
}

/** An integer from 10 to 99: always two digits, so that the text around it keeps its length. */
export const twoDigits = () => 10 + Math.floor(Math.random() * 90)
