import { updateAlertRule } from '@mason/contract/alert-rule'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { record } from '../../core/event/record.ts'
import { escaped } from '../../core/http/html.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import { auditLink, byMail, type MailLinkKey, mailLink } from './mail-link.ts'
import { sendPage } from './mail-page.ts'
import { lockAlerts, walkAnew } from './rule.ts'

const link = mailLink('/mail/pause-alert-rule', 'rule', 'alert rule')

/** The path and query by which whoever gets a mail of a rule may disable it. */
export const pauseTarget = link.target

/**
 * Serves that link. To open it changes nothing, for mail servers open links by themselves; the button of the page disables the rule, and so
 * does the one click of a mail reader (RFC 8058).
 */
export function pauseRoutes(http: FastifyInstance, db: Db, signer: UrlSigner): void {
  http.get(link.path, { schema: { hide: true } }, async (request, reply) => {
    const { name, isEnabled } = await readName(db, link.read(signer, request))
    return sendPage(
      reply,
      isEnabled
        ? `<h1>Pause “${escaped(name)}”?</h1>
<p>The rule is disabled, and its alerts end. Anybody who may change rules can enable it again in the Controller.</p>
<form method="post" action="${escaped(request.url)}"><button>Pause the rule</button></form>`
        : paused(name),
    )
  })
  http.post(link.path, { config: { form: true }, schema: { hide: true } }, async (request, reply) =>
    sendPage(reply, paused(await pause(db, request, link.read(signer, request)))),
  )
}

const paused = (name: string) => `<h1>“${escaped(name)}” is paused</h1>
<p>It sends no more mails. Enable it again on the page “Alert rules” of the Controller.</p>`

async function readName(db: Db, { accountId, id }: MailLinkKey): Promise<{ name: string; isEnabled: boolean }> {
  const { rows } = await db.query<{ name: string; isEnabled: boolean }>(sql`
    SELECT name, is_enabled AS "isEnabled" FROM alert_rule WHERE account_id = ${accountId} AND id = ${id} AND deleted_at IS NULL`)
  if (!rows[0]) throw new AppError('not_found_error', 'There is no such alert rule')
  return rows[0]
}

async function pause(db: Db, request: FastifyRequest, { accountId, id }: MailLinkKey): Promise<string> {
  return db.transaction(async (tx) => {
    await lockAlerts(tx, accountId)
    const { name, isEnabled } = await readName(tx, { accountId, id })
    if (!isEnabled) return name
    await tx.query(sql`
      UPDATE alert_rule SET is_enabled = false, mail_due_at = NULL, is_told_open = false,
        ${walkAnew}
      WHERE account_id = ${accountId} AND id = ${id}`)
    const subject = { kind: 'alert-rule', id }
    const changed = { before: { enabled: true }, after: { enabled: false } }
    const { operationId: action } = updateAlertRule.schema
    await auditLink(tx, request, accountId, { action, subject, ...changed })
    await record(tx, byMail(accountId), { type: 'alert.rule_changed', subject, data: { name, change: 'paused' } })
    return name
  })
}
