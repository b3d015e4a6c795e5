import type { Static } from 'typebox'
import * as T from 'typebox'
import { answers, Bytes, dayOrTime, Fleet, filterText, pageQuery, pages, Time, text } from './common.ts'
import { maxWrittenLength } from './identifiers.ts'
import { route } from './route.ts'
import { maxRejected, RejectedLine, RowsQuery, rowsOutcome } from './rows.ts'
import { Marker, Usage } from './sim.ts'

/** The longest series, in days. */
export const maxSeriesDays = 400

/** The maximum number of elements in an unpaged answer; `marker=key` with more values is refused. */
export const maxElements = 100_000

/** The usage of a month or a day. Source: docs/contract.md §7. */
export const UsageElement = T.Object(
  {
    marker: T.Optional(Marker),
    sim: T.Optional(T.Object({ iccid: T.String({ examples: ['8988303000000614227'] }) })),
    usage: Usage,
  },
  { title: 'UsageElement' },
)
export type UsageElement = Static<typeof UsageElement>

const source = text(100, {
  description: 'who says so; a record with a source does not count on days for which that source gives a figure',
  examples: ['1nce'],
})

/** The usage of a SIM as its carrier reports it; identified by SIM and id, so that it can be sent again. Source: docs/contract.md §7. */
export const UsageRecord = T.Object(
  {
    id: text(200, {
      description: 'of several records of a SIM with the same id, the first one counts',
      examples: ['cdr-42'],
    }),
    iccid: T.String({ examples: ['8988303000000614227'] }),
    start: Time,
    end: T.Optional(Time),
    upload: Bytes,
    download: Bytes,
    source: T.Optional(source),
  },
  { title: 'UsageRecord' },
)
export type UsageRecord = Static<typeof UsageRecord>

/**
 * What a source says that a SIM has used on a day (UTC), in bytes. Sent again it replaces what that source said before; the usage
 * of a day is the sum of all sources and of the records without one. Source: docs/contract.md §7.
 */
export const UsageFigure = T.Object(
  {
    source,
    iccid: T.String({ examples: ['8988303000000614227'] }),
    day: T.String({ description: 'the day (UTC)', examples: ['2026-11-28'] }),
    upload: Bytes,
    download: Bytes,
  },
  { title: 'UsageFigure' },
)
export type UsageFigure = Static<typeof UsageFigure>

export const UsageIngest = T.Object(
  {
    accepted: T.Integer({ description: 'records that were stored, and figures that are new or not what they were' }),
    duplicates: T.Integer({ description: 'records and figures that were stored before' }),
    ...rowsOutcome,
    rejected: T.Array(RejectedLine, {
      description: `the first ${maxRejected}; in JSON \`line\` is the position in \`records\``,
    }),
    rejectedTotal: T.Optional(T.Integer({ minimum: 1, description: 'present only when the list is incomplete' })),
  },
  { title: 'UsageIngest' },
)
export type UsageIngest = Static<typeof UsageIngest>

const marker = T.Optional(
  filterText(301, {
    description: '`key`: an element for each value, sorted by value; `key:value`: only that value',
    examples: ['customer:harbour-taxis'],
  }),
)
const date = dayOrTime('any day or time in the month (UTC)', '2026-11-01')
const MonthQuery = T.Object({ date, marker })
export type MonthQuery = Static<typeof MonthQuery>

const days = {
  start: dayOrTime('first day (UTC)', '2026-11-01'),
  end: dayOrTime(`the day after the last; at most ${maxSeriesDays} days after start`, '2026-12-01'),
}
const SeriesQuery = T.Object({ ...days, marker })
export type SeriesQuery = Static<typeof SeriesQuery>

const SimUsageQuery = pageQuery({ date, marker })
export type SimUsageQuery = Static<typeof SimUsageQuery>

const CompareQuery = T.Object(days)
export type CompareQuery = Static<typeof CompareQuery>

/** The filters of an export of usage. */
export const usageFilters = {
  start: T.Optional(days.start),
  end: T.Optional(days.end),
  marker,
  iccid: T.Optional(T.String({ maxLength: maxWrittenLength, description: 'of the SIM' })),
}

const counted = (description: string) =>
  T.Optional(T.Object({ upload: Bytes, download: Bytes, total: Bytes }, { description }))

/** The usage of a SIM on a day, as counted by its carrier and by its device. Source: docs/contract.md §7. */
export const UsageComparison = T.Object(
  {
    date: T.String({ description: 'the day, without milliseconds', examples: ['2026-11-01T00:00:00Z'] }),
    carrier: counted('from the usage records and figures; absent when there are none'),
    sources: T.Optional(
      T.Array(
        T.Object({
          source: T.Optional(T.String({ description: 'absent for records without one', examples: ['1nce'] })),
          upload: Bytes,
          download: Bytes,
          total: Bytes,
        }),
        { description: 'of what `carrier` is the sum; absent when no source said anything' },
      ),
    ),
    device: counted('from the reports of the device; absent when there are none'),
  },
  { title: 'UsageComparison' },
)
export type UsageComparison = Static<typeof UsageComparison>

const SimParams = T.Object({
  ...Fleet.properties,
  iccid: T.String({ description: 'ICCID of a SIM, in any written form', examples: ['8988303000000614227'] }),
})
const tags = ['Usage']

export const getUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage',
  config: { scope: 'connect:read', reach: 'account' },
  schema: {
    operationId: 'getUsage',
    summary: "Read the account's usage of a month",
    tags,
    params: Fleet,
    querystring: MonthQuery,
    response: answers(UsageElement),
  },
})

export const getUsageSeries = route({
  method: 'GET',
  url: '/v1/:fleet/usage/series',
  config: { scope: 'connect:read', reach: 'account' },
  schema: {
    operationId: 'getUsageSeries',
    summary: "Read the account's usage day by day",
    description: 'Contains every day, with zeros when nothing was used; with `marker=key`, once for each value.',
    tags,
    params: Fleet,
    querystring: SeriesQuery,
    response: answers(UsageElement),
  },
})

export const listSimUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim',
  config: { scope: 'connect:read', reach: 'groups' },
  schema: {
    operationId: 'listSimUsage',
    summary: 'List the usage of all SIMs in a month, by ICCID',
    description:
      'Contains every SIM, including unused ones; with `marker`, those that had it in the month. `limit` counts SIMs: a SIM that had several values has several elements, all on one page.',
    tags,
    params: Fleet,
    querystring: SimUsageQuery,
    response: pages(UsageElement),
  },
})

export const getSimUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim/:iccid',
  config: { scope: 'connect:read', reach: 'groups' },
  schema: {
    operationId: 'getSimUsage',
    summary: "Read a SIM's usage of a month",
    tags,
    params: SimParams,
    querystring: MonthQuery,
    response: answers(UsageElement),
  },
})

export const getSimUsageSeries = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim/:iccid/series',
  config: { scope: 'connect:read', reach: 'groups' },
  schema: {
    operationId: 'getSimUsageSeries',
    summary: "Read a SIM's usage day by day",
    tags,
    params: SimParams,
    querystring: SeriesQuery,
    response: answers(UsageElement),
  },
})

export const compareSimUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim/:iccid/compare',
  config: { scope: 'connect:read', reach: 'groups' },
  schema: {
    operationId: 'compareSimUsage',
    summary: "Compare a SIM's usage with the reports of its device, day by day",
    description:
      "Contains the days for which there are records or reports. The device's figures are the growth of its mobile usage cycles from check-in to check-in, counted while the SIM was the only one that it reported.",
    tags,
    params: SimParams,
    querystring: CompareQuery,
    response: answers(UsageComparison),
  },
})

export const ingestUsage = route({
  method: 'POST',
  url: '/v1/:fleet/usage',
  config: { scope: 'connect:admin', reach: 'account', isStreamed: true },
  schema: {
    operationId: 'ingestUsage',
    summary: 'Ingest usage records',
    description:
      'JSON `{"records":[…]}` of at most 16 MiB; or one record per line as `application/x-ndjson`, or CSV with the members as columns, of any length and read as it arrives; optionally compressed with gzip. ' +
      'Every accepted record is committed before the answer; invalid ones are listed. A record that was sent before is a duplicate, so a body that was interrupted can be sent again as a whole. ' +
      'In place of `id` and `start`, `day` and `source` give a figure: what that source says of that SIM and day, which replaces what it said before.',
    tags,
    params: Fleet,
    querystring: RowsQuery,
    response: answers(UsageIngest),
  },
})
