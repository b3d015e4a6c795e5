import type { Scope } from '@mason/contract/scopes'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { record } from '../../core/event/record.ts'
import { writeLetter } from '../../core/mail/letter.ts'
import type { Mailer } from '../../core/mail/mailer.ts'

/** Who is written to, and where the links lead. */
export interface Post {
  mailer: Mailer | undefined
  publicUrl: () => string
}

const readers: Scope[] = ['account:owner', 'hook:admin']
/** Nobody else hears of it by mail. */
const mostReaders = 20

/** Disables a webhook in the name of the platform; whoever may change it is told by mail. */
export async function disable(
  tx: Db,
  { mailer, publicUrl }: Post,
  { accountId, id }: { accountId: string; id: string },
  reason: string,
): Promise<void> {
  const { rows } = await tx.query<{ url: string }>(sql`
    UPDATE webhook SET is_enabled = false, disabled_reason = ${reason}
    WHERE account_id = ${accountId} AND id = ${id} AND is_enabled AND deleted_at IS NULL RETURNING url`)
  const [webhook] = rows
  if (!webhook) return
  const actor = { kind: 'system', accountId, id: 'webhooks' } as const
  await record(tx, actor, { type: 'webhook.disabled', subject: { kind: 'webhook', id }, data: { reason } })
  if (!mailer) return
  const { rows: users } = await tx.query<{ email: string }>(sql`
    SELECT email FROM app_user
    WHERE account_id = ${accountId} AND deleted_at IS NULL AND disabled_at IS NULL AND joined_at IS NOT NULL
      AND scopes && ${readers}::text[]
    ORDER BY id LIMIT ${mostReaders}`)
  const { host } = new URL(webhook.url)
  const letter = {
    title: `The webhook to ${host} was disabled`,
    lead: `It was disabled because ${reason}. Events that happen from now on are not delivered to it. Enable it once its receiver works, and replay what it has missed.`,
    sections: [],
    action: { label: 'Open the webhook', url: `${publicUrl()}/webhooks/${id}` },
    footer: 'You get this mail because you may change webhooks.',
    links: [],
  }
  for (const { email } of users) await mailer.send(tx, { to: email, subject: letter.title, ...writeLetter(letter) })
}
