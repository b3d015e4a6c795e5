import type { Static } from 'typebox'
import * as T from 'typebox'
import { ActorName, answers, closed, Fleet, FleetAndId, pageQuery, pages, Self, Time, text } from './common.ts'
import { DeviceChange } from './device.ts'
import { maxWrittenLength } from './identifiers.ts'
import type { LabelChanges } from './label.ts'
import { route } from './route.ts'
import { RowsQuery, rowsOutcome } from './rows.ts'
import type { Scope } from './scopes.ts'
import { MarkerValue, markerKeyForm, maxMarkers, SimChange } from './sim.ts'
import { SimTarget } from './sim-target.ts'
import { expected, Target } from './target.ts'

export const jobKinds = ['device.bulk', 'device.import', 'sim.bulk'] as const
export type JobKind = (typeof jobKinds)[number]

/** The scope that reading a job of a kind needs, the same as reading what it changes. */
export const jobScopes = {
  'device.bulk': 'fleet:read',
  'device.import': 'fleet:read',
  'sim.bulk': 'connect:read',
} as const satisfies Record<JobKind, Scope>

/** The states of a job, in order; the last two are final. */
export const jobStates = ['queued', 'running', 'succeeded', 'canceled'] as const
export type JobState = (typeof jobStates)[number]

/** The most failures that a job shows; all of them are at its `rejectedUrl`. */
export const maxFailed = 100

const Kind = T.Enum(jobKinds, { description: 'what the job does' })
const State = T.Enum(jobStates, { description: '`succeeded` means that the job came to its end; see `failed`' })
const count = T.Integer({ minimum: 0 })

const { group, labels, notes } = DeviceChange.properties
/** What a bulk job changes of each device. Source: docs/contract.md §13. */
export const BulkDeviceChange = closed({ group, labels, notes }, { title: 'BulkDeviceChange', minProperties: 1 })
export type BulkDeviceChange = Static<typeof BulkDeviceChange>

/** The scopes that a change of devices needs. */
export const bulkScopes = (change: BulkDeviceChange): Scope[] => [
  ...(change.group === undefined ? [] : (['fleet:move'] as const)),
  ...(change.labels === undefined && change.notes === undefined ? [] : (['fleet:manager'] as const)),
]

/** Markers to set, and with `null` to remove; others stay as they are. */
export type MarkerChanges = LabelChanges
export const MarkerChanges = T.Unsafe<MarkerChanges>({
  type: 'object',
  title: 'MarkerChanges',
  description: `markers to set, \`null\` to remove one; others stay as they are. They count from today (UTC); a SIM has at most ${maxMarkers}.`,
  examples: [{ customer: 'harbour-taxis' }],
  propertyNames: {
    pattern: markerKeyForm.source,
    fault: 'must have 1 to 100 letters, digits, dots, hyphens or underscores, and begin with a letter or digit',
  },
  additionalProperties: T.Union([MarkerValue, T.Null()]),
})

const { state, dataLimit, imeiLock } = SimChange.properties
/** What a bulk job changes of each SIM. Source: docs/contract.md §13. */
export const BulkSimChange = closed(
  { state, dataLimit, imeiLock, markers: T.Optional(MarkerChanges) },
  { title: 'BulkSimChange', minProperties: 1 },
)
export type BulkSimChange = Static<typeof BulkSimChange>

const dryRun = T.Optional(T.Boolean({ description: 'only count what it would reach' }))

export const BulkDevices = closed(
  { target: Target, change: BulkDeviceChange, dryRun, expect: expected('devices') },
  { title: 'BulkDevices' },
)
export type BulkDevices = Static<typeof BulkDevices>

export const BulkSims = closed(
  { target: SimTarget, change: BulkSimChange, dryRun, expect: expected('SIMs') },
  { title: 'BulkSims' },
)
export type BulkSims = Static<typeof BulkSims>

const Failure = T.Object(
  {
    line: T.Optional(
      T.Integer({ minimum: 1, description: 'of an import, counted from 1; in CSV the header is line 1' }),
    ),
    device: T.Optional(T.String({ description: 'id of the device' })),
    iccid: T.Optional(T.String({ description: 'ICCID of the SIM' })),
    reason: T.String({ examples: ['There is no such device'] }),
  },
  { title: 'JobFailure' },
)

/** A change of many devices or SIMs, carried out in the background. */
export const Job = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    kind: Kind,
    state: State,
    dryRun: T.Optional(T.Literal(true, { description: 'an import that changes nothing, and says what would happen' })),
    target: T.Optional(T.Unsafe<Target | SimTarget>({ type: 'object', description: 'what the bulk change is for' })),
    change: T.Optional(
      T.Unsafe<BulkDeviceChange | BulkSimChange>({ type: 'object', description: 'what the bulk change sets' }),
    ),
    total: T.Integer({
      minimum: 0,
      description: 'devices, SIMs or lines; what is known of it, until the job has ended',
    }),
    done: T.Integer({ minimum: 0, description: 'those that were changed, or were so already' }),
    failed: T.Array(Failure, { description: `the first ${maxFailed} that were refused` }),
    failedTotal: T.Integer({ minimum: 0, description: 'how many were refused' }),
    ignoredColumns: rowsOutcome.ignoredColumns,
    rejectedUrl: T.Optional(T.String({ description: 'path of a file with all that were refused' })),
    createdBy: T.Optional(ActorName),
    createdAt: Time,
    finishedAt: T.Optional(Time),
  },
  { title: 'Job' },
)
export type Job = Static<typeof Job>

export const JobDryRun = T.Object({ kind: Kind, total: count, dryRun: T.Literal(true) }, { title: 'JobDryRun' })
export type JobDryRun = Static<typeof JobDryRun>

const JobQuery = pageQuery({ kind: T.Optional(Kind), state: T.Optional(State) })
export type JobQuery = Static<typeof JobQuery>

/** A line of a file of devices: what names the device, and what is to become of it. Source: docs/contract.md §13. */
export const DeviceLine = closed(
  {
    id: T.Optional(T.String({ format: 'uuid' })),
    serialnumber: T.Optional(text(100)),
    imei: T.Optional(text(maxWrittenLength)),
    name: DeviceChange.properties.name,
    group,
    labels: T.Optional(DeviceChange.properties.labels),
    notes,
  },
  { title: 'DeviceLine' },
)
export type DeviceLine = Static<typeof DeviceLine>

const reading = ['fleet:read', 'connect:read'] as const
const tags = ['Jobs']
const inPortions =
  'The job works in portions in the background, and goes on after a crash. Each device or SIM is changed once or is among `failed`.'

export const bulkDevices = route({
  method: 'POST',
  url: '/v1/:fleet/device/bulk',
  config: { scope: 'fleet:move', reach: 'groups' },
  schema: {
    operationId: 'bulkDevices',
    summary: 'Move, label or annotate many devices',
    description: `${inPortions} Moving needs fleet:move; everything else needs fleet:manager. With \`expect\`, any other number of devices is a 409.`,
    tags,
    params: Fleet,
    body: BulkDevices,
    response: answers(T.Union([Job, JobDryRun])),
  },
})

export const importDevices = route({
  method: 'POST',
  url: '/v1/:fleet/device/import',
  config: { scope: 'fleet:manager', reach: 'groups', isStreamed: true },
  schema: {
    operationId: 'importDevices',
    summary: 'Change devices by the lines of a file',
    description:
      'CSV or NDJSON, optionally compressed with gzip. A line names a device by `id`, else `serialnumber`, else `imei`, and says its new `name`, `group`, `notes` and `label.<key>` (in NDJSON `labels`); what is left out stays. ' +
      'The job goes through the lines in the background; the refused ones can be downloaded, mended and imported again. Exports of devices can be imported.',
    tags,
    params: Fleet,
    querystring: T.Object({ dryRun: RowsQuery.properties.dryRun }),
    response: answers(Job),
  },
})

export const bulkSims = route({
  method: 'POST',
  url: '/v1/:fleet/sim/bulk',
  config: { scope: 'connect:admin', reach: 'groups' },
  schema: {
    operationId: 'bulkSims',
    summary: 'Change many SIMs',
    description: `${inPortions} A SIM that cannot come into the state is among \`failed\`. With \`expect\`, any other number of SIMs is a 409.`,
    tags,
    params: Fleet,
    body: BulkSims,
    response: answers(T.Union([Job, JobDryRun])),
  },
})

export const listJobs = route({
  method: 'GET',
  url: '/v1/:fleet/job',
  config: { scope: reading, reach: 'groups' },
  schema: {
    operationId: 'listJobs',
    summary: 'List the jobs of the kinds that the caller may read, oldest first',
    tags,
    params: Fleet,
    querystring: JobQuery,
    response: pages(Job),
  },
})

export const getJob = route({
  method: 'GET',
  url: '/v1/:fleet/job/:id',
  config: { scope: reading, reach: 'groups' },
  schema: {
    operationId: 'getJob',
    summary: 'Read the progress of a job',
    tags,
    params: FleetAndId,
    response: answers(Job),
  },
})

export const cancelJob = route({
  method: 'DELETE',
  url: '/v1/:fleet/job/:id',
  config: { scope: ['fleet:move', 'connect:admin'], reach: 'groups' },
  schema: {
    operationId: 'cancelJob',
    summary: 'Cancel the rest of a job',
    description: 'Needs the scopes that starting it needs. What is done stays done. A job that has ended is a 409.',
    tags,
    params: FleetAndId,
    response: answers(Job),
  },
})

export const getRejected = route({
  method: 'GET',
  url: '/v1/:fleet/job/:id/rejected',
  config: { scope: reading, reach: 'groups', audit: true },
  schema: {
    operationId: 'getRejected',
    summary: 'Download what a job refused',
    description:
      'CSV: the reason of each, and of an import its line as it was sent, which can be mended and imported again.',
    tags,
    params: FleetAndId,
    response: { 200: T.String({ description: 'the file' }) },
  },
})
