import { updatePreferences } from '@mason/contract/preferences'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import { auditLink, type MailLinkKey, mailLink } from './mail-link.ts'
import { sendPage } from './mail-page.ts'

const link = mailLink('/mail/stop-digest', 'user', 'user')

/** The path and query by which whoever gets a digest may end it. */
export const stopDigestTarget = link.target

/** Serves that link. As with the one to pause a rule, the button of the page, or of a mail reader, ends it, and to open it does not. */
export function stopDigestRoutes(http: FastifyInstance, db: Db, signer: UrlSigner): void {
  http.get(link.path, { schema: { hide: true } }, async (request, reply) => {
    link.read(signer, request)
    return sendPage(
      reply,
      `<h1>Stop the digest?</h1>
<p>You can ask for it again on your profile page in the Controller.</p>
<form method="post"><button>Stop the digest</button></form>`,
    )
  })
  http.post(link.path, { config: { form: true }, schema: { hide: true } }, async (request, reply) => {
    await stop(db, request, link.read(signer, request))
    return sendPage(
      reply,
      `<h1>The digest is stopped</h1>
<p>Ask for it again on your profile page in the Controller.</p>`,
    )
  })
}

async function stop(db: Db, request: FastifyRequest, { accountId, id }: MailLinkKey): Promise<void> {
  await db.transaction(async (tx) => {
    const { rows } = await tx.query<{ before: string }>(sql`
      UPDATE app_user AS u SET digest = 'off', digest_due_at = NULL
      FROM (SELECT digest FROM app_user WHERE account_id = ${accountId} AND id = ${id} FOR UPDATE) AS b
      WHERE u.account_id = ${accountId} AND u.id = ${id} AND b.digest <> 'off' RETURNING b.digest AS before`)
    if (!rows[0]) return
    const changed = { before: { digest: rows[0].before }, after: { digest: 'off' } }
    const { operationId: action } = updatePreferences.schema
    await auditLink(tx, request, accountId, { action, subject: { kind: 'user', id }, ...changed })
  })
}
