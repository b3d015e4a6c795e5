import { isOfAudit } from '@mason/contract/event-words'
import sql, { type Sql } from 'sql-template-tag'

const event = sql`event`
const withAudit = sql`(
  SELECT account_id, id, type, time, subject, device_id FROM event
  UNION ALL SELECT account_id, id, type, time, NULL::jsonb, NULL::uuid FROM audit_event)`

/** Where a webhook of these types finds what it is to deliver: only one that asks for it by name looks into the audit trail. */
export const sourceOf = (types: readonly string[]): Sql => (types.some(isOfAudit) ? withAudit : event)
