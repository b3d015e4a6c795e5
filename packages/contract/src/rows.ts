import type { Static } from 'typebox'
import * as T from 'typebox'

/** The maximum number of rejected lines in an answer. */
export const maxRejected = 10_000

/** A line of a streamed body that was rejected. */
export const RejectedLine = T.Object({
  line: T.Integer({ minimum: 1, description: 'counted from 1; in CSV the header is line 1' }),
  reason: T.String({ examples: ['iccid must be an ICCID'] }),
})
export type RejectedLine = Static<typeof RejectedLine>

/** How the rows of a streamed body are read. */
export const RowsQuery = T.Object({
  dryRun: T.Optional(T.Boolean({ description: 'report what would happen, and store nothing' })),
  timezone: T.Optional(
    T.String({
      maxLength: 100,
      description: 'IANA time zone for times without an offset, which are rejected otherwise',
      examples: ['Europe/Paris'],
    }),
  ),
})

/** Members that all results of streamed bodies have. */
export const rowsOutcome = {
  dryRun: T.Optional(T.Boolean({ description: 'present only for a dry run: nothing was stored' })),
  ignoredColumns: T.Optional(T.Array(T.String(), { description: 'columns of a CSV that this call does not use' })),
}
