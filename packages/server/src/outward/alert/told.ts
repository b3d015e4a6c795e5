import type { AlertConditionName } from '@mason/contract/alert-condition'
import sql from 'sql-template-tag'

/** What mails say of an alert. */
export interface Told {
  condition: AlertConditionName
  severity: 'info' | 'warning' | 'critical'
  kind: string
  subject: string
  name: string | null
  data: Readonly<Record<string, unknown>>
  openedAt: Date
}

/** The columns of that, of alerts `a` and their rules `r`. */
export const toldColumns = sql`
  r.condition, a.severity, a.subject_kind AS kind, a.subject_id AS subject,
  alert_subject(a.account_id, a.subject_kind, a.subject_id) ->> 'name' AS name, a.data, a.opened_at AS "openedAt"`
