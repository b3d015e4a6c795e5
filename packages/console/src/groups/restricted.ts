/** The groups that somebody is restricted to; undefined for the whole account. */
export type Restricted = readonly string[] | undefined

/** Whether a choice can be sent: who is restricted needs a group. */
export const isChosen = (value: Restricted): boolean => value === undefined || value.length > 0

/** How a restriction reads in a list. */
export function restrictionText(groups: Restricted): string {
  if (groups === undefined) return ''
  return groups.length === 0 ? 'restricted to groups that are no more' : `restricted to ${groups.join(', ')}`
}
