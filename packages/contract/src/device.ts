import T, { type Static } from 'typebox'
import {
  answers,
  Bytes,
  closed,
  FieldError,
  Fleet,
  FleetAndId,
  filterText,
  pageQuery,
  pages,
  Self,
  Time,
  text,
} from './common.ts'
import { maxWrittenLength } from './identifiers.ts'
import { route } from './route.ts'

const word = T.String({ maxLength: 200 })
const macAddress = T.String({ maxLength: 64, examples: ['02:00:5e:10:00:01'] })

/** 15 digits. */
export const Imei = T.String({
  pattern: '^[0-9]{15}$',
  fault: 'must have 15 digits',
  description: '15 digits',
  examples: ['356938035643809'],
})

/** A window of data use, per kind of network. */
export const UsageCycle = closed(
  {
    startTime: Time,
    endTime: Time,
    usages: T.Array(closed({ type: T.Enum(['wifi', 'mobile']), bytesReceived: Bytes, bytesSent: Bytes }), {
      maxItems: 10,
    }),
  },
  { title: 'UsageCycle' },
)
const usageCycles = T.Array(UsageCycle, { maxItems: 400 })

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

export const SimReport = closed(
  {
    carrier: T.Optional(word),
    countryiso: T.Optional(word),
    iccid: T.Optional(T.String({ format: 'iccid', maxLength: maxWrittenLength, examples: ['8988303000000614224'] })),
    mcc: T.Optional(T.String({ maxLength: 3, examples: ['901'] })),
    mnc: T.Optional(T.String({ maxLength: 3, examples: ['28'] })),
  },
  { title: 'SimReport' },
)

export const Connection = closed(
  {
    bluetooth: T.Optional(
      closed({
        enabled: T.Optional(T.Boolean()),
        macAddress: T.Optional(macAddress),
        name: T.Optional(word),
        pairedDevices: T.Optional(T.Array(word, { maxItems: 500 })),
      }),
    ),
    sim: T.Optional(T.Array(SimReport, { maxItems: 8 })),
    wifi: T.Optional(
      closed({
        adapterMacAddress: T.Optional(macAddress),
        bssid: T.Optional(macAddress),
        enabled: T.Optional(T.Boolean()),
        ipaddress: T.Optional(T.String({ maxLength: 64 })),
        ssid: T.Optional(word),
      }),
    ),
    dataUsage: T.Optional(
      closed({
        appsDataUsage: T.Optional(
          T.Array(
            closed({
              packageNames: T.Array(T.String({ maxLength: 255 }), { maxItems: 500 }),
              uid: T.Union([T.Integer({ minimum: 0, maximum: 2 ** 31 }), T.String({ maxLength: 40 })]),
              usageCycles,
            }),
            { maxItems: 5000 },
          ),
        ),
        usageCycles: T.Optional(usageCycles),
      }),
    ),
  },
  { title: 'Connection' },
)
export type Connection = Static<typeof Connection>

const ReportFault = T.Object(
  { ...FieldError.properties, since: Time },
  { title: 'ReportFault', description: 'a member that cannot be read; an entry until it reads well again' },
)
export type ReportFault = Static<typeof ReportFault>

const GroupLink = T.Object({ name: T.String(), self: Self })

/** A device as the API shows it; a member that the device has not reported is absent. */
export const Device = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    name: T.String(),
    imei: T.Optional(Imei),
    serialnumber: T.String(),
    family: T.String({ description: 'hardware family', examples: ['D450'] }),
    createdAt: Time,
    lastcheckin: Time,
    group: GroupLink,
    online: T.Boolean(),
    status: T.Object(
      { osUpdated: T.Boolean(), appsUpdated: T.Boolean(), projectUpdated: T.Boolean() },
      { description: 'against what is deployed to the group; all true when nothing is' },
    ),
    battery: T.Optional(Battery),
    apps: T.Optional(Apps),
    os: T.Optional(Os),
    connection: T.Optional(Connection),
    conflict: T.Optional(
      T.Boolean({ description: 'true while it seems that two devices use the credential of this one' }),
    ),
    reportFaults: T.Optional(
      T.Array(ReportFault, { description: 'members that it reports and that cannot be read, at most 20' }),
    ),
  },
  { title: 'Device' },
)
export type Device = Static<typeof Device>

/** The filters of the device list; together they narrow. */
export const deviceFilters = {
  name: T.Optional(filterText(200, { description: 'exact name' })),
  n: T.Optional(filterText(200, { description: 'start of a name, IMEI or serial number, in any letter case' })),
  group: T.Optional(filterText(300, { description: 'name of the group' })),
  family: T.Optional(filterText(100)),
  imei: T.Optional(
    filterText(maxWrittenLength, {
      description: '15 digits, or the 14 without the check digit, or the 16 of an IMEISV',
    }),
  ),
  serialnumber: T.Optional(filterText(100)),
  iccid: T.Optional(filterText(maxWrittenLength, { description: 'of a SIM that the device reports' })),
  online: T.Optional(T.Boolean()),
  outOfDate: T.Optional(T.Boolean({ description: 'devices with any `status` false, or with none' })),
  checkedInBefore: T.Optional(Time),
  checkedInAfter: T.Optional(Time),
}

export const DeviceQuery = pageQuery(deviceFilters)
export type DeviceQuery = Static<typeof DeviceQuery>

export const DeviceChange = closed(
  {
    name: T.Optional(text(200, { description: 'new name (scope fleet:manager)' })),
    group: T.Optional(text(300, { description: 'group to move to (scope fleet:move)' })),
    conflict: T.Optional(
      T.Literal(false, {
        examples: [false],
        description: 'ends the conflict of two devices with one credential (scope fleet:manager)',
      }),
    ),
  },
  { title: 'DeviceChange', minProperties: 1 },
)
export type DeviceChange = Static<typeof DeviceChange>

const coordinates = {
  latitude: T.Number({ minimum: -90, maximum: 90, description: 'degrees, WGS 84' }),
  longitude: T.Number({ minimum: -180, maximum: 180, description: 'degrees, WGS 84' }),
  accuracy: T.Optional(T.Number({ minimum: 0, maximum: 1e8, description: 'metres' })),
  altitude: T.Optional(T.Number({ minimum: -1e6, maximum: 1e9, description: 'metres' })),
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
  config: { scope: 'fleet:read' },
  schema: {
    operationId: 'listDevices',
    summary: 'List devices, in the order they were provisioned',
    tags,
    params: Fleet,
    querystring: DeviceQuery,
    response: pages(Device),
  },
})

export const getDevice = route({
  method: 'GET',
  url: '/v1/:fleet/device/:id',
  config: { scope: 'fleet:read' },
  schema: { operationId: 'getDevice', summary: 'Read a device', tags, params: FleetAndId, response: answers(Device) },
})

export const updateDevice = route({
  method: 'POST',
  url: '/v1/:fleet/device/:id',
  config: {
    scope: 'fleet:move',
    memberScopes: { name: 'fleet:manager', group: 'fleet:move', conflict: 'fleet:manager' },
  },
  schema: {
    operationId: 'updateDevice',
    summary: 'Rename or move a device, or end a conflict',
    description:
      'Moving needs fleet:move, renaming and ending a conflict fleet:manager. A group holds devices of one family; a move that would mix families is a 409.',
    tags,
    params: FleetAndId,
    body: DeviceChange,
    response: answers(Device),
  },
})

export const deleteDevice = route({
  method: 'DELETE',
  url: '/v1/:fleet/device/:id',
  config: { scope: 'fleet:admin' },
  schema: {
    operationId: 'deleteDevice',
    summary: 'De-provision a device',
    description: 'Answers the device as it was; from then on it is a 404 everywhere and its credential is refused.',
    tags,
    params: FleetAndId,
    response: answers(Device),
  },
})

export const listLocations = route({
  method: 'GET',
  url: '/v1/:fleet/device/:id/location',
  config: { scope: 'fleet:locate' },
  schema: {
    operationId: 'listLocations',
    summary: "Read a device's location history, newest first by arrival",
    description:
      'Ordered by arrival. `start` ≤ recordedAt < `end`; of a location whose `recordedAt` cannot be right (after its arrival, or more than 400 days before), the time of arrival counts.',
    tags,
    params: FleetAndId,
    querystring: LocationQuery,
    response: answers(Location),
  },
})

export const getSummary = route({
  method: 'GET',
  url: '/v1/:fleet/summary',
  config: { scope: 'fleet:read' },
  schema: { operationId: 'getSummary', summary: 'Count the fleet', tags, params: Fleet, response: answers(Summary) },
})
