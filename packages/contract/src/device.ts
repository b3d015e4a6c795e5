import type { Static } from 'typebox'
import * as T from 'typebox'
import {
  answers,
  closed,
  ErasureQuery,
  FieldError,
  Fleet,
  FleetAndId,
  filterExpression,
  filterText,
  lines,
  pageQuery,
  pages,
  Self,
  sortedBy,
  Time,
  text,
} from './common.ts'
import { Connection, word } from './connection.ts'
import { DeviceKindName } from './device-kind.ts'
import { deviceSorts } from './filter/fields.ts'
import { maxWrittenLength } from './identifiers.ts'
import { LabelChanges, Labels, notesText } from './label.ts'
import { route } from './route.ts'
import { Timezone } from './window.ts'
import { OfferedXray } from './xray.ts'

/** An IMEI as devices report it: 15 digits. Source: 3GPP TS 23.003 §6.2. */
export const Imei = T.String({
  pattern: '^[0-9]{15}$',
  fault: 'must have 15 digits',
  description: '15 digits',
  examples: ['356938035643809'],
})

export const Battery = closed(
  {
    level: T.String({
      pattern: '^(100|[0-9]{1,2})$',
      fault: 'must be 0 to 100',
      description: 'percent, as a string',
      examples: ['81'],
    }),
  },
  { title: 'Battery' },
)

export const Apps = T.Array(
  closed({
    name: text(255, { description: 'package name', examples: ['com.example.till'] }),
    version: T.String({ maxLength: 100, description: 'version code, as a string', examples: ['12345'] }),
  }),
  { maxItems: 5000, description: 'installed packages' },
)

export const Os = closed(
  {
    configuration: T.Optional(
      closed({
        device: T.Optional(word),
        product: T.Optional(word),
        project: T.Optional(word),
        version: T.Optional(word),
      }),
    ),
    masonOS: T.Optional(closed({ incremental: T.Optional(word), release: T.Optional(word) })),
  },
  { title: 'Os' },
)

const ReportFault = T.Object(
  { ...FieldError.properties, since: Time },
  { title: 'ReportFault', description: 'a member that cannot be read; listed until it can be read again' },
)
export type ReportFault = Static<typeof ReportFault>

const GroupLink = T.Object({ name: T.String(), self: Self })

/** A device; a member that it has not reported is absent. */
export const Device = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    name: T.String(),
    imei: T.Optional(Imei),
    serialnumber: T.String(),
    family: T.String({ description: 'hardware family', examples: ['D450'] }),
    kind: DeviceKindName,
    createdAt: Time,
    lastcheckin: Time,
    group: GroupLink,
    online: T.Boolean(),
    status: T.Object(
      { osUpdated: T.Boolean(), appsUpdated: T.Boolean(), projectUpdated: T.Boolean() },
      { description: 'compared with what is deployed to the group; all true when nothing is deployed' },
    ),
    battery: T.Optional(Battery),
    apps: T.Optional(Apps),
    os: T.Optional(Os),
    connection: T.Optional(Connection),
    timezone: T.Optional(Timezone),
    conflict: T.Optional(T.Boolean({ description: 'true while two devices seem to use the credential of this one' })),
    reportFaults: T.Optional(T.Array(ReportFault, { description: 'reported members that cannot be read, at most 20' })),
    labels: T.Optional(Labels),
    notes: T.Optional(notesText('what people have noted of it')),
    xray: T.Optional(OfferedXray),
  },
  { title: 'Device' },
)
export type Device = Static<typeof Device>

/** The filters of the device list; a device must match all of them. */
export const deviceFilters = {
  name: T.Optional(filterText(200, { description: 'exact name' })),
  n: T.Optional(
    filterText(200, {
      description:
        'fragment of a name, serial number, IMEI, ICCID or id; fewer than three characters are its start; not case-sensitive',
    }),
  ),
  group: T.Optional(filterText(300, { description: 'name of the group' })),
  family: T.Optional(filterText(100)),
  imei: T.Optional(
    filterText(maxWrittenLength, {
      description: '15 digits, 14 digits without the check digit, or the 16 digits of an IMEISV',
    }),
  ),
  serialnumber: T.Optional(filterText(100)),
  iccid: T.Optional(filterText(maxWrittenLength, { description: 'ICCID of a SIM that the device reports' })),
  online: T.Optional(T.Boolean()),
  outOfDate: T.Optional(T.Boolean({ description: 'true: devices with any `status` false; false: devices with none' })),
  checkedInBefore: T.Optional(Time),
  checkedInAfter: T.Optional(Time),
  filter: T.Optional(filterExpression('family==D450 and battery.level<20')),
}

export const DeviceQuery = pageQuery({ ...deviceFilters, sort: T.Optional(sortedBy(deviceSorts)) })
export type DeviceQuery = Static<typeof DeviceQuery>

export const DeviceChange = closed(
  {
    name: T.Optional(text(200, { description: 'new name (scope fleet:manager)' })),
    group: T.Optional(text(300, { description: 'group to move to (scope fleet:move)' })),
    conflict: T.Optional(
      T.Literal(false, {
        examples: [false],
        description: 'resolves the conflict of two devices with one credential (scope fleet:manager)',
      }),
    ),
    labels: T.Optional(LabelChanges),
    notes: T.Optional(
      T.Union([notesText('new notes; `null` or an empty text removes them (scope fleet:manager)'), T.Null()]),
    ),
  },
  { title: 'DeviceChange', minProperties: 1 },
)
export type DeviceChange = Static<typeof DeviceChange>

const coordinates = {
  latitude: T.Number({ minimum: -90, maximum: 90, description: 'degrees, WGS 84' }),
  longitude: T.Number({ minimum: -180, maximum: 180, description: 'degrees, WGS 84' }),
  accuracy: T.Optional(T.Number({ minimum: 0, maximum: 1e8, description: 'meters' })),
  altitude: T.Optional(T.Number({ minimum: -1e6, maximum: 1e9, description: 'meters' })),
  provider: T.Optional(T.String({ maxLength: 50, examples: ['gps'] })),
  recordedAt: Time,
}
export const Location = T.Object(coordinates, { title: 'Location' })
export const LocationReport = closed(coordinates, { title: 'LocationReport' })
export type LocationReport = Static<typeof LocationReport>

const LocationQuery = T.Object({
  start: T.Optional(Time),
  end: T.Optional(Time),
  limit: T.Optional(T.Integer({ minimum: 1, maximum: 10_000, default: 10_000 })),
})
export type LocationQuery = Static<typeof LocationQuery>

const count = T.Integer({ minimum: 0 })
const Summary = T.Object(
  {
    devices: count,
    online: count,
    outOfDate: T.Integer({ minimum: 0, description: 'devices with any `status` false' }),
    groups: T.Array(T.Object({ name: T.String(), devices: count })),
    families: T.Array(T.Object({ name: T.String(), devices: count })),
    releases: T.Array(T.Object({ name: T.String({ description: 'os.masonOS.release' }), devices: count })),
  },
  { title: 'Summary' },
)

const tags = ['Devices']

export const listDevices = route({
  method: 'GET',
  url: '/v1/:fleet/device',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: {
    operationId: 'listDevices',
    summary: 'List devices, in the order of provisioning or another',
    tags,
    params: Fleet,
    querystring: DeviceQuery,
    response: pages(Device),
  },
})

export const getDevice = route({
  method: 'GET',
  url: '/v1/:fleet/device/:id',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: { operationId: 'getDevice', summary: 'Read a device', tags, params: FleetAndId, response: answers(Device) },
})

export const updateDevice = route({
  method: 'POST',
  url: '/v1/:fleet/device/:id',
  config: {
    scope: 'fleet:move',
    reach: 'groups',
    memberScopes: {
      name: 'fleet:manager',
      group: 'fleet:move',
      conflict: 'fleet:manager',
      labels: 'fleet:manager',
      notes: 'fleet:manager',
    },
  },
  schema: {
    operationId: 'updateDevice',
    summary: 'Rename, label, annotate or move a device, or resolve a conflict',
    description:
      'Moving needs fleet:move; everything else needs fleet:manager. A group holds devices of one family; a move that would mix families is a 409.',
    tags,
    params: FleetAndId,
    body: DeviceChange,
    response: answers(Device),
  },
})

export const deleteDevice = route({
  method: 'DELETE',
  url: '/v1/:fleet/device/:id',
  config: { scope: 'fleet:admin', reach: 'groups' },
  schema: {
    operationId: 'deleteDevice',
    summary: 'De-provision a device',
    description:
      'Answers the device as it was. From then on it is a 404 and its credential is refused. With `erase=true`, its events, commands, locations and counted usage are erased in ' +
      'the background, and who it was can no longer be told from the audit trail, where the entry of the erasure stays.',
    tags,
    params: FleetAndId,
    querystring: ErasureQuery,
    response: answers(Device),
  },
})

export const exportDeviceData = route({
  method: 'GET',
  url: '/v1/:fleet/device/:id/data',
  config: { scope: 'account:owner', reach: 'account', audit: true },
  schema: {
    operationId: 'exportDeviceData',
    summary: 'Download all that is kept about a device',
    description:
      'The device, its SIMs, deployments, commands, locations, counted usage, events and entries of the audit trail.',
    tags,
    params: FleetAndId,
    response: lines,
  },
})

export const listLocations = route({
  method: 'GET',
  url: '/v1/:fleet/device/:id/location',
  config: { scope: 'fleet:locate', reach: 'groups' },
  schema: {
    operationId: 'listLocations',
    summary: "Read a device's location history, newest first by arrival",
    description:
      'Ordered by arrival. `start` ≤ recordedAt < `end`; if `recordedAt` cannot be right (after the arrival, or more than 400 days before it), the time of arrival is used.',
    tags,
    params: FleetAndId,
    querystring: LocationQuery,
    response: answers(Location),
  },
})

export const getSummary = route({
  method: 'GET',
  url: '/v1/:fleet/summary',
  config: { scope: 'fleet:read', reach: 'groups' },
  schema: { operationId: 'getSummary', summary: 'Count the fleet', tags, params: Fleet, response: answers(Summary) },
})
