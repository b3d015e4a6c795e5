import { eventTypes } from './event-types.ts'

/**
 * Whether a word of a webhook's `types` stands for at least one type of event: a type, the start of some with `.*`, or `*`.
 *
 * Source: docs/contract.md §11.
 */
export const isKnownType = (word: string): boolean =>
  Object.keys(eventTypes).some((type) => type === word || matchesType([word], type))

/** Whether a word of a webhook's `types` stands for the audit trail, which `*` does not. Source: docs/contract.md §11. */
export const isOfAudit = (word: string): boolean => word.startsWith('audit.')

/**
 * Whether one of the words stands for a type of event.
 *
 * @param words types, such as `device.moved`, starts of types, such as `device.*`, or `*`. Source: docs/contract.md §11.
 */
export const matchesType = (words: readonly string[], type: string): boolean =>
  words.some((word) => (word.endsWith('*') ? type.startsWith(word.slice(0, -1)) : word === type))
