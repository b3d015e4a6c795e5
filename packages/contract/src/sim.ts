import T, { type Static } from 'typebox'
import { answers, Bytes, closed, Fleet, filterText, pageQuery, pages, Self, Time, text } from './common.ts'
import { type IdentifierFormat, maxWrittenLength } from './identifiers.ts'
import { route } from './route.ts'

/** `manual` has nothing to call: what is asked of it is done. `simulated` answers in its own time, and not always well. */
export const carriers = ['manual', 'simulated'] as const
export type CarrierName = (typeof carriers)[number]

export const simStates = ['ready', 'active', 'suspended', 'deactivated'] as const
export type SimState = (typeof simStates)[number]

export const maxMarkers = 50

export const markerKeyForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/
/** The key of a marker; without `:`, which parts it from the value in `marker=key:value`. */
export const MarkerKey = T.String({
  pattern: markerKeyForm.source,
  fault: 'must have 1 to 100 letters, digits, dots, hyphens or underscores, and begin with a letter or digit',
  description: 'key of a marker',
  examples: ['customer'],
})
export const MarkerValue = text(200, { description: 'value of a marker', examples: ['harbour-taxis'] })

export const Marker = T.Object({ key: MarkerKey, value: MarkerValue }, { title: 'Marker' })
export type Marker = Static<typeof Marker>

/** Bytes in a window of time. Source: contract §7. */
export const Usage = T.Object(
  {
    total: Bytes,
    upload: Bytes,
    download: Bytes,
    unit: T.Literal('bytes'),
    date: T.String({ description: 'start of the window, without milliseconds', examples: ['2026-11-01T00:00:00Z'] }),
  },
  { title: 'Usage' },
)
export type Usage = Static<typeof Usage>

export const DataLimit = closed(
  {
    bytes: T.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'bytes in a month',
      examples: [50_000_000],
    }),
    action: T.Enum(['alert', 'suspend'], { description: 'tell of it, or suspend the SIM as well' }),
  },
  { title: 'DataLimit' },
)
export type DataLimit = Static<typeof DataLimit>

const State = T.Enum([...simStates], { description: 'ready → active, active ⇄ suspended, any → deactivated' })

export const Sim = T.Object(
  {
    iccid: T.String({ description: '18 to 20 characters 0-9 and A-F', examples: ['8988303000000614224'] }),
    self: Self,
    name: T.Optional(T.String()),
    imsi: T.Optional(T.String()),
    msisdn: T.Optional(T.String({ description: 'international number, digits only' })),
    eid: T.Optional(T.String()),
    carrier: T.String(),
    state: State,
    pendingState: T.Optional(T.Enum([...simStates], { description: 'where the carrier is taking it' })),
    stateReason: T.Optional(T.String({ description: 'why it is in its state, or why the carrier did not change it' })),
    markers: T.Array(Marker, { description: 'of today, by key' }),
    dataLimit: T.Optional(T.Object(DataLimit.properties)),
    imeiLock: T.Optional(T.String({ description: 'the only device that it may be in' })),
    device: T.Optional(
      T.Object({ id: T.String({ format: 'uuid' }), self: Self }, { description: 'the device that reports its ICCID' }),
    ),
    createdAt: Time,
    activatedAt: T.Optional(Time),
    usage: T.Object(Usage.properties, { description: 'month to date' }),
  },
  { title: 'Sim' },
)
export type Sim = Static<typeof Sim>

const name = text(200, { description: 'for people', examples: ['Till 12'] })
const written = (format: IdentifierFormat, example: string) =>
  T.String({ format, maxLength: maxWrittenLength, examples: [example] })

export const NewSim = closed(
  {
    iccid: written('iccid', '8988303000000614224'),
    checkDigit: T.Optional(
      T.Enum(['verify', 'ignore'], {
        default: 'verify',
        description: 'of an ICCID of 19 or 20 digits; `ignore` takes a wrong one',
      }),
    ),
    carrier: T.Optional(T.Enum([...carriers], { default: 'manual' })),
    name: T.Optional(name),
    imsi: T.Optional(written('imsi', '901280000614227')),
    msisdn: T.Optional(written('msisdn', '+4915112345678')),
    eid: T.Optional(written('eid', '89049032123451234512345678901235')),
    markers: T.Optional(
      T.Array(closed(Marker.properties), { maxItems: maxMarkers, description: 'they count from the beginning' }),
    ),
  },
  { title: 'NewSim' },
)
export type NewSim = Static<typeof NewSim>

export const SimChange = closed(
  {
    name: T.Optional(T.Union([name, T.Null()])),
    state: T.Optional(State),
    dataLimit: T.Optional(T.Union([DataLimit, T.Null()])),
    imeiLock: T.Optional(T.Union([written('imei', '356938035643809'), T.Null()])),
  },
  { title: 'SimChange', minProperties: 1 },
)
export type SimChange = Static<typeof SimChange>

/** The filters of the SIM list; together they narrow. */
export const simFilters = {
  state: T.Optional(State),
  carrier: T.Optional(filterText(100)),
  marker: T.Optional(
    filterText(301, { description: '`key:value`, as of today', examples: ['customer:harbour-taxis'] }),
  ),
  device: T.Optional(filterText(100, { description: 'id of the device that it is in' })),
  n: T.Optional(filterText(200, { description: 'start of an ICCID, IMSI, MSISDN or name, in any letter case' })),
}

export const SimQuery = pageQuery(simFilters)
export type SimQuery = Static<typeof SimQuery>

const SimParams = T.Object({
  ...Fleet.properties,
  iccid: T.String({ description: 'the ICCID, however it is written', examples: ['8988303000000614224'] }),
})
const MarkerParams = T.Object({ ...SimParams.properties, key: MarkerKey })

/** How many rejected lines an answer lists. */
export const maxRejected = 10_000

/** A line of a streamed body that was not taken. */
export const RejectedLine = T.Object({
  line: T.Integer({ minimum: 1, description: 'counted from 1; in CSV the header is line 1' }),
  reason: T.String({ examples: ['iccid must be an ICCID'] }),
})
export type RejectedLine = Static<typeof RejectedLine>

/** How the rows of a streamed body are taken. */
export const RowsQuery = T.Object({
  dryRun: T.Optional(T.Boolean({ description: 'say what would happen, and keep nothing' })),
  timezone: T.Optional(
    T.String({
      maxLength: 100,
      description: 'IANA name of the zone of times that have none; they are refused otherwise',
      examples: ['Europe/Paris'],
    }),
  ),
})

/** What the outcomes of streamed bodies have in common. */
export const rowsOutcome = {
  dryRun: T.Optional(T.Boolean({ description: 'there only for a dry run: nothing was kept' })),
  ignoredColumns: T.Optional(T.Array(T.String(), { description: 'of a CSV, those that this call does not know' })),
}

export const SimImport = T.Object(
  {
    created: T.Integer({ minimum: 0 }),
    known: T.Integer({ minimum: 0, description: 'SIMs that are registered already; they stay as they are' }),
    ...rowsOutcome,
    rejected: T.Array(RejectedLine, { description: `the first ${maxRejected}` }),
    rejectedTotal: T.Optional(T.Integer({ minimum: 1, description: 'there only when the list is not all of them' })),
  },
  { title: 'SimImport' },
)
export type SimImport = Static<typeof SimImport>

const tags = ['SIMs']

export const listSims = route({
  method: 'GET',
  url: '/v1/:fleet/sim',
  config: { scope: 'connect:read' },
  schema: {
    operationId: 'listSims',
    summary: 'List SIMs, by ICCID',
    tags,
    params: Fleet,
    querystring: SimQuery,
    response: pages(Sim),
  },
})

export const getSim = route({
  method: 'GET',
  url: '/v1/:fleet/sim/:iccid',
  config: { scope: 'connect:read' },
  schema: { operationId: 'getSim', summary: 'Read a SIM', tags, params: SimParams, response: answers(Sim) },
})

export const registerSim = route({
  method: 'POST',
  url: '/v1/:fleet/sim',
  config: { scope: 'connect:admin' },
  schema: {
    operationId: 'registerSim',
    summary: 'Register a SIM',
    description:
      'Spaces and hyphens are dropped from the identifiers, and the `F` that fills an ICCID. 18 digits are the same card as the 19 that add the check digit.',
    tags,
    params: Fleet,
    body: NewSim,
    response: answers(Sim),
  },
})

export const updateSim = route({
  method: 'POST',
  url: '/v1/:fleet/sim/:iccid',
  config: { scope: 'connect:admin' },
  schema: {
    operationId: 'updateSim',
    summary: 'Change a SIM',
    description:
      'A state is asked of the carrier; until it has answered, `pendingState` says where the SIM is going. `null` removes a member.',
    tags,
    params: SimParams,
    body: SimChange,
    response: answers(Sim),
  },
})

export const putMarker = route({
  method: 'PUT',
  url: '/v1/:fleet/sim/:iccid/marker/:key',
  config: { scope: 'connect:admin' },
  schema: {
    operationId: 'putMarker',
    summary: 'Mark a SIM',
    description: 'Counts from today (UTC); of several values on one day the last counts.',
    tags,
    params: MarkerParams,
    body: closed({ value: MarkerValue }, { title: 'MarkerChange' }),
    response: answers(Sim),
  },
})

export const deleteMarker = route({
  method: 'DELETE',
  url: '/v1/:fleet/sim/:iccid/marker/:key',
  config: { scope: 'connect:admin' },
  schema: {
    operationId: 'deleteMarker',
    summary: 'Remove a marker from a SIM',
    description: 'The marker counts until yesterday (UTC).',
    tags,
    params: MarkerParams,
    response: answers(Sim),
  },
})

export const importSims = route({
  method: 'POST',
  url: '/v1/:fleet/sim/import',
  config: { scope: 'connect:admin', isStreamed: true },
  schema: {
    operationId: 'importSims',
    summary: 'Register SIMs from CSV or NDJSON',
    description:
      'CSV with the member names of a registration as columns and markers as `marker.<key>`, or one registration as JSON in each line; also packed by gzip. ' +
      'Good lines go in as they arrive, bad ones are listed; a body that was cut off can be sent again whole. Exports of SIMs can be imported as they are.',
    tags,
    params: Fleet,
    querystring: RowsQuery,
    response: answers(SimImport),
  },
})
