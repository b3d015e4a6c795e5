import type { Static } from 'typebox'
import * as T from 'typebox'
import { auditFilters } from './audit.ts'
import {
  ActorName,
  answers,
  Bytes,
  closed,
  Fleet,
  FleetAndId,
  filterText,
  pageQuery,
  pages,
  Self,
  Time,
  text,
} from './common.ts'
import { deviceFilters } from './device.ts'
import { route } from './route.ts'
import { simFilters } from './sim.ts'
import { usageFilters } from './usage.ts'

/** The filters of each kind of export, the same as those of its list. */
export const exportFilters = {
  device: deviceFilters,
  sim: simFilters,
  usage: usageFilters,
  audit: auditFilters,
} as const

const kind = T.Enum(['device', 'sim', 'usage', 'audit'], {
  description: 'what is exported; `usage` means the days of SIMs, `audit` the entries of the audit trail',
})
const format = T.Enum(['csv', 'ndjson'], { description: 'CSV (RFC 4180) with a header, or one JSON value per line' })
const ofKinds = (description: string) => T.Optional(filterText(301, { description }))
const filters = {
  ...auditFilters,
  ...usageFilters,
  ...simFilters,
  ...deviceFilters,
  iccid: ofKinds('ICCID of a SIM that the device reports; for usage, of the SIM'),
  marker: ofKinds('`key:value`; for usage the same as in its series'),
  n: ofKinds('the same as in the list of the kind'),
}

/** What to export. A kind accepts the filters of its own list; usage needs `start` and `end`. */
export const NewExport = closed({ kind, format, ...filters }, { title: 'NewExport' })
export type NewExport = Static<typeof NewExport>

/** A file with every item of a kind that matches the filters, written in the background. */
export const Export = T.Object(
  {
    id: T.String({ format: 'uuid' }),
    self: Self,
    kind,
    format,
    filters: closed(filters),
    state: T.Enum(['queued', 'running', 'succeeded', 'failed']),
    reason: T.Optional(text(300, { description: 'why it failed' })),
    rows: T.Integer({ minimum: 0, description: 'items written so far, without the header' }),
    progress: T.Number({ minimum: 0, maximum: 1, description: 'share of the items written so far' }),
    size: T.Optional(Bytes),
    createdBy: T.Optional(ActorName),
    createdAt: Time,
    finishedAt: T.Optional(Time),
    contentUrl: T.Optional(T.String({ description: 'path of the file, when it is complete' })),
  },
  { title: 'Export' },
)

const ExportQuery = pageQuery({ kind: T.Optional(kind), state: T.Optional(Export.properties.state) })
export type ExportQuery = Static<typeof ExportQuery>

/** The scope that creating or reading an export of a kind needs, the same as reading its items. */
export const exportScopes = {
  device: 'fleet:read',
  sim: 'connect:read',
  usage: 'connect:read',
  audit: 'audit:read',
} as const
const scope = ['fleet:read', 'connect:read', 'audit:read'] as const
const tags = ['Exports']

export const createExport = route({
  method: 'POST',
  url: '/v1/:fleet/export',
  config: { scope, reach: 'groups', memberScopes: { kind: exportScopes } },
  schema: {
    operationId: 'createExport',
    summary: 'Export all items of a kind to a file',
    description:
      'Accepts the filters of the list of the kind. Usage needs `start` and `end`, and contains the days on which a SIM used data. ' +
      'The file is consistent as of one moment. In CSV, a text that a spreadsheet would execute ' +
      '(it begins with `=`, `+`, `-`, `@`, a tab or a carriage return) is prefixed with an apostrophe. Needs the scope that ' +
      'reading the items needs.',
    tags,
    params: Fleet,
    body: NewExport,
    response: answers(Export),
  },
})

export const listExports = route({
  method: 'GET',
  url: '/v1/:fleet/export',
  config: { scope, reach: 'groups' },
  schema: {
    operationId: 'listExports',
    summary: 'List the exports of the kinds that the caller may read, oldest first',
    tags,
    params: Fleet,
    querystring: ExportQuery,
    response: pages(Export),
  },
})

export const getExport = route({
  method: 'GET',
  url: '/v1/:fleet/export/:id',
  config: { scope, reach: 'groups' },
  schema: { operationId: 'getExport', summary: 'Read an export', tags, params: FleetAndId, response: answers(Export) },
})

export const getExportContent = route({
  method: 'GET',
  url: '/v1/:fleet/export/:id/content',
  config: { scope, reach: 'groups', audit: true },
  schema: {
    operationId: 'getExportContent',
    summary: 'Download the file of an export',
    description: 'Supports Range, If-Range and If-None-Match. A 409 until the export has succeeded.',
    tags,
    params: FleetAndId,
    response: { 200: T.String({ description: 'the file' }) },
  },
})
