import type { Static } from 'typebox'
import * as T from 'typebox'
import { closed } from './common.ts'
import { maxWrittenLength } from './identifiers.ts'
import { simFilters } from './sim.ts'
import { filtered, maxNamed, view } from './target.ts'

/** Which SIMs a change is for. Source: docs/contract.md §13. */
export const SimTarget = T.Union(
  [
    closed({
      sims: T.Array(T.String({ format: 'iccid', maxLength: maxWrittenLength, examples: ['8988303000000614224'] }), {
        minItems: 1,
        maxItems: maxNamed,
        description: 'ICCIDs',
      }),
    }),
    closed({ filter: closed(simFilters, filtered) }),
    closed({ view }),
  ],
  { title: 'SimTarget' },
)
export type SimTarget = Static<typeof SimTarget>
export type PlainSimTarget = Exclude<SimTarget, { view: string }>
