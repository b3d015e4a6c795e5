import type { FastifyInstance, FastifyRequest } from 'fastify'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { isUuid } from '../../core/http/validation.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import { linkLifeMs, sendPage } from './mail-page.ts'

const path = '/mail/stop-digest'

interface Key {
  accountId: string
  id: string
}

/** The path and query by which whoever gets a digest may end it. */
export const stopDigestTarget = (signer: UrlSigner, { accountId, id }: Key): string =>
  signer.sign({
    method: 'GET',
    path,
    parameters: { account: accountId, user: id },
    expiresAt: new Date(Date.now() + linkLifeMs),
  })

/** Serves that link. As with the one to pause a rule, the button of the page, or of a mail reader, ends it, and to open it does not. */
export function stopDigestRoutes(http: FastifyInstance, db: Db, signer: UrlSigner): void {
  const read = (request: FastifyRequest): Key => {
    signer.verify('GET', request.url)
    const { account = '', user = '' } = request.query as Record<string, string>
    if (!isUuid(account) || !isUuid(user)) throw new AppError('not_found_error', 'There is no such user')
    return { accountId: account, id: user }
  }
  http.get(path, { schema: { hide: true } }, async (request, reply) => {
    read(request)
    return sendPage(
      reply,
      `<h1>Stop the digest?</h1>
<p>You can ask for it again on your profile page in the Controller.</p>
<form method="post"><button>Stop the digest</button></form>`,
    )
  })
  http.post(path, { config: { form: true }, schema: { hide: true } }, async (request, reply) => {
    const { accountId, id } = read(request)
    await db.query(sql`
      UPDATE app_user SET digest = 'off', digest_due_at = NULL WHERE account_id = ${accountId} AND id = ${id}`)
    return sendPage(
      reply,
      `<h1>The digest is stopped</h1>
<p>Ask for it again on your profile page in the Controller.</p>`,
    )
  })
}
