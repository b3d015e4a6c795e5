import type { Static } from 'typebox'
import * as T from 'typebox'
import { CarrierName } from './carrier.ts'
import {
  answers,
  Bytes,
  closed,
  Fleet,
  filterExpression,
  filterText,
  pageQuery,
  pages,
  Self,
  sortedBy,
  Time,
  text,
} from './common.ts'
import { simSorts } from './filter/fields.ts'
import { type IdentifierFormat, maxWrittenLength } from './identifiers.ts'
import { route } from './route.ts'
import { maxRejected, RejectedLine, RowsQuery, rowsOutcome } from './rows.ts'

export const simStates = ['ready', 'active', 'suspended', 'deactivated'] as const
export type SimState = (typeof simStates)[number]

export const maxMarkers = 50

export const markerKeyForm = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/
/** The key of a marker; without `:`, which separates it from the value in `marker=key:value`. */
export const MarkerKey = T.String({
  pattern: markerKeyForm.source,
  fault: 'must have 1 to 100 letters, digits, dots, hyphens or underscores, and begin with a letter or digit',
  description: 'key of a marker',
  examples: ['customer'],
})
export const MarkerValue = text(200, { description: 'value of a marker', examples: ['harbour-taxis'] })

export const Marker = T.Object({ key: MarkerKey, value: MarkerValue }, { title: 'Marker' })
export type Marker = Static<typeof Marker>

/** The usage of a period, in bytes. Source: docs/contract.md §7. */
export const Usage = T.Object(
  {
    total: Bytes,
    upload: Bytes,
    download: Bytes,
    unit: T.Literal('bytes'),
    date: T.String({ description: 'start of the period, without milliseconds', examples: ['2026-11-01T00:00:00Z'] }),
  },
  { title: 'Usage' },
)
export type Usage = Static<typeof Usage>

export const DataLimit = closed(
  {
    bytes: T.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'bytes per month',
      examples: [50_000_000],
    }),
    action: T.Enum(['alert', 'suspend'], { description: 'send an alert, or suspend the SIM as well' }),
  },
  { title: 'DataLimit' },
)
export type DataLimit = Static<typeof DataLimit>

/** What became of a setting at the carrier of a SIM. Source: docs/contract.md §12. */
const SettingAtCarrier = T.Object(
  {
    state: T.Enum(['pending', 'set', 'refused'], {
      description: '`pending` until the carrier has taken it; `refused` is for good, until the setting is changed',
    }),
    reason: T.Optional(T.String({ description: 'why the carrier does not have it' })),
    asOf: T.Optional({ ...Time, description: 'when the carrier took it' }),
  },
  { title: 'SettingAtCarrier' },
)
export type SettingAtCarrier = Static<typeof SettingAtCarrier>

const State = T.Enum([...simStates], { description: 'ready → active, active ⇄ suspended, any → deactivated' })

export const Sim = T.Object(
  {
    iccid: T.String({ description: '18 to 20 characters 0-9 and A-F', examples: ['8988303000000614224'] }),
    self: Self,
    name: T.Optional(T.String()),
    imsi: T.Optional(T.String()),
    msisdn: T.Optional(T.String({ description: 'international number, digits only' })),
    eid: T.Optional(T.String()),
    carrier: T.String({ description: 'name of the connection to its carrier' }),
    state: State,
    pendingState: T.Optional(T.Enum([...simStates], { description: 'the state that was requested from the carrier' })),
    stateReason: T.Optional(T.String({ description: 'why it is in this state, or why the carrier did not change it' })),
    carrierState: T.Optional(T.String({ description: 'the state in the words of the carrier', examples: ['Enabled'] })),
    carrierReason: T.Optional(T.String({ description: 'what the carrier says of it beyond that' })),
    asOf: T.Optional({ ...Time, description: 'when the carrier last confirmed the state' }),
    markers: T.Array(Marker, { description: 'markers of today, by key' }),
    dataLimit: T.Optional(T.Object(DataLimit.properties)),
    imeiLock: T.Optional(T.String({ description: 'IMEI of the only device that it may be in' })),
    atCarrier: T.Optional(
      T.Object(
        { dataLimit: T.Optional(SettingAtCarrier), imeiLock: T.Optional(SettingAtCarrier) },
        {
          description:
            'whether the carrier keeps the SIM to its `dataLimit` (one that suspends) and `imeiLock`, too; absent where it is not told of them',
        },
      ),
    ),
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

const name = text(200, { description: 'name for users', examples: ['Till 12'] })
const written = (format: IdentifierFormat, example: string) =>
  T.String({ format, maxLength: maxWrittenLength, examples: [example] })

export const NewSim = closed(
  {
    iccid: written('iccid', '8988303000000614224'),
    checkDigit: T.Optional(
      T.Enum(['verify', 'ignore'], {
        default: 'verify',
        description: 'of an ICCID of 19 or 20 digits; `ignore` accepts a wrong check digit',
      }),
    ),
    carrier: T.Optional(
      T.String({ ...CarrierName, default: 'manual', description: 'name of a connection', examples: ['manual'] }),
    ),
    name: T.Optional(name),
    imsi: T.Optional(written('imsi', '901280000614227')),
    msisdn: T.Optional(written('msisdn', '+4915112345678')),
    eid: T.Optional(written('eid', '89049032123451234512345678901235')),
    markers: T.Optional(
      T.Array(closed(Marker.properties), { maxItems: maxMarkers, description: 'valid from the beginning' }),
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

/** The filters of the SIM list; a SIM must match all of them. */
export const simFilters = {
  state: T.Optional(State),
  carrier: T.Optional(filterText(100)),
  marker: T.Optional(
    filterText(301, { description: '`key:value`, as of today', examples: ['customer:harbour-taxis'] }),
  ),
  device: T.Optional(filterText(100, { description: 'id of the device that it is in' })),
  n: T.Optional(
    filterText(200, {
      description:
        'fragment of an ICCID, IMSI, MSISDN or name; fewer than three characters are its start; not case-sensitive',
    }),
  ),
  filter: T.Optional(filterExpression('state==active and marker.customer==harbour-taxis')),
}

export const SimQuery = pageQuery({ ...simFilters, sort: T.Optional(sortedBy(simSorts)) })
export type SimQuery = Static<typeof SimQuery>

const SimParams = T.Object({
  ...Fleet.properties,
  iccid: T.String({ description: 'the ICCID, in any written form', examples: ['8988303000000614224'] }),
})
const MarkerParams = T.Object({ ...SimParams.properties, key: MarkerKey })

export const SimImport = T.Object(
  {
    created: T.Integer({ minimum: 0 }),
    known: T.Integer({ minimum: 0, description: 'SIMs that were registered before; they are not changed' }),
    ...rowsOutcome,
    rejected: T.Array(RejectedLine, { description: `the first ${maxRejected}` }),
    rejectedTotal: T.Optional(T.Integer({ minimum: 1, description: 'present only when the list is incomplete' })),
  },
  { title: 'SimImport' },
)
export type SimImport = Static<typeof SimImport>

const tags = ['SIMs']

export const listSims = route({
  method: 'GET',
  url: '/v1/:fleet/sim',
  config: { scope: 'connect:read', reach: 'groups' },
  schema: {
    operationId: 'listSims',
    summary: 'List SIMs, by ICCID or in another order',
    tags,
    params: Fleet,
    querystring: SimQuery,
    response: pages(Sim),
  },
})

export const getSim = route({
  method: 'GET',
  url: '/v1/:fleet/sim/:iccid',
  config: { scope: 'connect:read', reach: 'groups' },
  schema: { operationId: 'getSim', summary: 'Read a SIM', tags, params: SimParams, response: answers(Sim) },
})

export const registerSim = route({
  method: 'POST',
  url: '/v1/:fleet/sim',
  config: { scope: 'connect:admin', reach: 'account' },
  schema: {
    operationId: 'registerSim',
    summary: 'Register a SIM',
    description:
      'Spaces and hyphens in identifiers, and the `F` that fills an ICCID, are dropped. 18 digits mean the same card as the 19 digits with the check digit.',
    tags,
    params: Fleet,
    body: NewSim,
    response: answers(Sim),
  },
})

export const updateSim = route({
  method: 'POST',
  url: '/v1/:fleet/sim/:iccid',
  config: { scope: 'connect:admin', reach: 'groups' },
  schema: {
    operationId: 'updateSim',
    summary: 'Change a SIM',
    description:
      'A change of state is requested from the carrier; until it answers, `pendingState` is the requested state. Limits and IMEI locks are told to carriers that have them (`atCarrier`). `null` removes a member.',
    tags,
    params: SimParams,
    body: SimChange,
    response: answers(Sim),
  },
})

export const putMarker = route({
  method: 'PUT',
  url: '/v1/:fleet/sim/:iccid/marker/:key',
  config: { scope: 'connect:admin', reach: 'groups' },
  schema: {
    operationId: 'putMarker',
    summary: 'Set a marker of a SIM',
    description: 'Valid from today (UTC); of several values on one day, the last one counts.',
    tags,
    params: MarkerParams,
    body: closed({ value: MarkerValue }, { title: 'MarkerChange' }),
    response: answers(Sim),
  },
})

export const deleteMarker = route({
  method: 'DELETE',
  url: '/v1/:fleet/sim/:iccid/marker/:key',
  config: { scope: 'connect:admin', reach: 'groups' },
  schema: {
    operationId: 'deleteMarker',
    summary: 'Remove a marker from a SIM',
    description: 'The marker stays valid until yesterday (UTC).',
    tags,
    params: MarkerParams,
    response: answers(Sim),
  },
})

export const importSims = route({
  method: 'POST',
  url: '/v1/:fleet/sim/import',
  config: { scope: 'connect:admin', reach: 'account', isStreamed: true },
  schema: {
    operationId: 'importSims',
    summary: 'Register SIMs from CSV or NDJSON',
    description:
      'CSV with the members of a registration as columns and markers as `marker.<key>`, or one registration as JSON per line; optionally compressed with gzip. ' +
      'Valid lines are stored as they arrive, invalid ones are listed; a body that was interrupted can be sent again as a whole. Exports of SIMs can be imported unchanged.',
    tags,
    params: Fleet,
    querystring: RowsQuery,
    response: answers(SimImport),
  },
})
