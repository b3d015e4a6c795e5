import type { Static } from 'typebox'
import * as T from 'typebox'
import { closed, text } from './common.ts'
import { deviceFilters } from './device.ts'

/** The most that a target names one by one. */
export const maxNamed = 25_000

/** What a target's filters are. */
export const filtered = { description: 'the same as in the list; an empty filter means all of them' }

/** The id of a view as a target. */
export const view = T.String({ format: 'uuid', description: 'id of a view: what matches it now' })

/** Which devices a command or a change is for. Source: docs/contract.md §13. */
export const Target = T.Union(
  [
    closed({ devices: T.Array(T.String({ format: 'uuid' }), { minItems: 1, maxItems: maxNamed, description: 'ids' }) }),
    closed({ group: text(300, { description: 'every device of this group' }) }),
    closed({ filter: closed(deviceFilters, filtered) }),
    closed({ view }),
  ],
  { title: 'Target' },
)
export type Target = Static<typeof Target>
/** A target whose view was looked up. */
export type PlainTarget = Exclude<Target, { view: string }>

/** How many devices or SIMs somebody expects to reach: another number of them is a 409. */
export const expected = (what: string) =>
  T.Optional(T.Integer({ minimum: 0, maximum: 2 ** 31, description: `how many ${what} you expect to reach` }))
