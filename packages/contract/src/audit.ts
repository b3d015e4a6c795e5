import type { Static } from 'typebox'
import * as T from 'typebox'
import { ActorName, dayOrTime, Fleet, filterText, pageQuery, pages, Time } from './common.ts'
import { route } from './route.ts'

const Members = T.Record(T.String(), T.Unknown())

export const AuditEntry = T.Object(
  {
    id: T.String({
      description: 'orders entries by commit; its first 16 characters are those of the events of the same change',
    }),
    time: Time,
    actor: ActorName,
    action: T.String({
      description: 'the operation of this description that was called, or a command of the server',
      examples: ['updateDevice'],
    }),
    subject: T.Object(
      {
        kind: T.String({ examples: ['device'] }),
        id: T.String({ description: 'the account, for what has no id, such as an import' }),
        name: T.Optional(T.String({ description: 'name of a key or a user, even after it was deleted' })),
      },
      { description: 'what it was done to' },
    ),
    address: T.Optional(T.String({ description: 'where the request came from', examples: ['192.0.2.7'] })),
    userAgent: T.Optional(T.String({ examples: ['curl/8.5.0'] })),
    requestId: T.Optional(T.String({ description: 'the X-Request-Id of the answer' })),
    refusal: T.Optional(T.String({ description: 'why it was refused (403); absent for what was done' })),
    repeats: T.Optional(
      T.Integer({
        minimum: 1,
        description:
          'for how many refusals it stands: those that followed another of the same actor, action and address within a minute. The rest is of the last of them',
      }),
    ),
    before: T.Optional({ ...Members, description: 'what it was: of a change, the members that differ' }),
    after: T.Optional({ ...Members, description: 'what it is: of a change, the members that differ' }),
    number: T.Optional(
      T.Integer({ minimum: 1, description: 'its place in the chain of the account, a second after it was written' }),
    ),
    previousHash: T.Optional(T.String({ description: 'hash of the entry before; empty for the first' })),
    hash: T.Optional(T.String({ description: 'SHA-256 of this entry and of the hash before' })),
  },
  { title: 'AuditEntry' },
)
export type AuditEntry = Static<typeof AuditEntry>

/** The filters of the audit trail. */
export const auditFilters = {
  actor: T.Optional(filterText(100, { description: 'id of the key or user who did it' })),
  action: T.Optional(filterText(100, { description: 'what was done', examples: ['updateDevice'] })),
  subject: T.Optional(filterText(300, { description: 'id of what it was done to; of a SIM, its ICCID' })),
  start: T.Optional(dayOrTime('entries from then on', '2026-11-01')),
  end: T.Optional(dayOrTime('entries before then', '2026-12-01')),
}

export const AuditQuery = pageQuery({
  ...auditFilters,
  event: T.Optional(filterText(100, { description: 'id of an event: the entry of the change that caused it' })),
})
export type AuditQuery = Static<typeof AuditQuery>

export const listAuditEntries = route({
  method: 'GET',
  url: '/v1/:fleet/audit',
  config: { scope: 'audit:read', reach: 'account' },
  schema: {
    operationId: 'listAuditEntries',
    summary: 'List the entries of the audit trail, oldest first',
    description:
      'Every change that was made through the API, the Controller, the command line tools and the command of the server, every sign-in, every refusal (403), and ' +
      'every download of an export or artifact. Reads leave none, and work on many devices leaves one.',
    tags: ['Audit'],
    params: Fleet,
    querystring: AuditQuery,
    response: pages(AuditEntry),
  },
})
