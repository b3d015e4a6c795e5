import T, { type Static } from 'typebox'
import { answers, Bytes, Fleet, filterText, pageQuery, pages, Time, text } from './common.ts'
import { maxWrittenLength } from './identifiers.ts'
import { route } from './route.ts'
import { Marker, maxRejected, RejectedLine, RowsQuery, rowsOutcome, Usage } from './sim.ts'

/** The longest series, in days. */
export const maxSeriesDays = 400

/** An answer that is not paged holds no more elements; `marker=key` with very many values is refused. */
export const maxElements = 100_000

/** Use in a month or on a day. Source: contract §7. */
export const UsageElement = T.Object(
  {
    marker: T.Optional(Marker),
    sim: T.Optional(T.Object({ iccid: T.String({ examples: ['8988303000000614227'] }) })),
    usage: Usage,
  },
  { title: 'UsageElement' },
)
export type UsageElement = Static<typeof UsageElement>

/** What a carrier says a SIM has used; known by its SIM and id, so that it can be sent again. */
export const UsageRecord = T.Object(
  {
    id: text(200, {
      description: 'of several records with the same one of a SIM the first counts',
      examples: ['cdr-42'],
    }),
    iccid: T.String({ examples: ['8988303000000614227'] }),
    start: Time,
    end: T.Optional(Time),
    upload: Bytes,
    download: Bytes,
  },
  { title: 'UsageRecord' },
)
export type UsageRecord = Static<typeof UsageRecord>

export const UsageIngest = T.Object(
  {
    accepted: T.Integer({ description: 'records that count from now on' }),
    duplicates: T.Integer({ description: 'records that were there before' }),
    ...rowsOutcome,
    rejected: T.Array(RejectedLine, {
      description: `the first ${maxRejected}; in JSON \`line\` is the place in \`records\``,
    }),
    rejectedTotal: T.Optional(T.Integer({ minimum: 1, description: 'there only when the list is not all of them' })),
  },
  { title: 'UsageIngest' },
)
export type UsageIngest = Static<typeof UsageIngest>

const marker = T.Optional(
  filterText(301, {
    description: '`key`: an element for each value that occurs, by value; `key:value`: that one alone',
    examples: ['customer:harbour-taxis'],
  }),
)
const day = (description: string, example: string) =>
  T.String({ format: 'day-or-time', maxLength: 100, description, examples: [example] })
const date = day('any day or instant of the month (UTC)', '2026-11-01')
const MonthQuery = T.Object({ date, marker })
export type MonthQuery = Static<typeof MonthQuery>

const days = {
  start: day('first day (UTC)', '2026-11-01'),
  end: day(`the day after the last; at most ${maxSeriesDays} days after start`, '2026-12-01'),
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

/** A day of a SIM as its carrier and its device have counted it. Source: contract §7. */
export const UsageComparison = T.Object(
  {
    date: T.String({ description: 'the day, without milliseconds', examples: ['2026-11-01T00:00:00Z'] }),
    carrier: counted('what the usage records say; absent when there are none'),
    device: counted('what the device reported; absent when it reported nothing'),
  },
  { title: 'UsageComparison' },
)

const SimParams = T.Object({
  ...Fleet.properties,
  iccid: T.String({ description: 'ICCID of a SIM, however it is written', examples: ['8988303000000614227'] }),
})
const tags = ['Usage']

export const getUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage',
  config: { scope: 'connect:read' },
  schema: {
    operationId: 'getUsage',
    summary: "Read the account's use of a month",
    tags,
    params: Fleet,
    querystring: MonthQuery,
    response: answers(UsageElement),
  },
})

export const getUsageSeries = route({
  method: 'GET',
  url: '/v1/:fleet/usage/series',
  config: { scope: 'connect:read' },
  schema: {
    operationId: 'getUsageSeries',
    summary: "Read the account's use day by day",
    description: 'Every day is there, as zeros where nothing was used; with `marker=key` once for each value.',
    tags,
    params: Fleet,
    querystring: SeriesQuery,
    response: answers(UsageElement),
  },
})

export const listSimUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim',
  config: { scope: 'connect:read' },
  schema: {
    operationId: 'listSimUsage',
    summary: "List the SIMs' use of a month, by ICCID",
    description:
      'Every SIM is there, unused ones too; with `marker` those that had it in the month. `limit` counts SIMs: one that had several values has several elements, all on one page.',
    tags,
    params: Fleet,
    querystring: SimUsageQuery,
    response: pages(UsageElement),
  },
})

export const getSimUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim/:iccid',
  config: { scope: 'connect:read' },
  schema: {
    operationId: 'getSimUsage',
    summary: "Read a SIM's use of a month",
    tags,
    params: SimParams,
    querystring: MonthQuery,
    response: answers(UsageElement),
  },
})

export const getSimUsageSeries = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim/:iccid/series',
  config: { scope: 'connect:read' },
  schema: {
    operationId: 'getSimUsageSeries',
    summary: "Read a SIM's use day by day",
    tags,
    params: SimParams,
    querystring: SeriesQuery,
    response: answers(UsageElement),
  },
})

export const compareSimUsage = route({
  method: 'GET',
  url: '/v1/:fleet/usage/sim/:iccid/compare',
  config: { scope: 'connect:read' },
  schema: {
    operationId: 'compareSimUsage',
    summary: "Compare a SIM's use with what its device reported, day by day",
    description:
      "Days of which either has something. The device's figures are the growth of its mobile usage cycles from check-in to check-in, counted while the SIM was the only one that it reported.",
    tags,
    params: SimParams,
    querystring: CompareQuery,
    response: answers(UsageComparison),
  },
})

export const ingestUsage = route({
  method: 'POST',
  url: '/v1/:fleet/usage',
  config: { scope: 'connect:admin', isStreamed: true },
  schema: {
    operationId: 'ingestUsage',
    summary: 'Take in usage records',
    description:
      'JSON `{"records":[…]}` of at most 16 MiB; as `application/x-ndjson` one record in each line, or CSV with the member names as columns, of any length, read as they arrive; also packed by gzip. ' +
      'Every accepted record is committed before the answer, bad ones are listed. A record that was sent before is a duplicate, so whatever was cut off can be sent again whole.',
    tags,
    params: Fleet,
    querystring: RowsQuery,
    response: answers(UsageIngest),
  },
})
