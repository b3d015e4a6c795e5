import type { FastifyRequest } from 'fastify'
import type { Change } from '../../core/audit/draft.ts'
import { writeEntry } from '../../core/audit/write.ts'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { placeOf } from '../../core/http/audit-trail.ts'
import { isUuid } from '../../core/http/validation.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import { linkLifeMs } from './mail-page.ts'

/** What a link of a mail is about. */
export interface MailLinkKey {
  accountId: string
  id: string
}

/** Whoever has a link is nobody that the platform knows. */
export const byMail = (accountId: string) => ({ kind: 'system', accountId, id: 'mail' }) as const

/** Writes what was done by a link into the audit trail. */
export const auditLink = (
  tx: Db,
  request: FastifyRequest,
  accountId: string,
  done: { action: string; subject: { kind: string; id: string } } & Required<Change>,
): Promise<void> => {
  const { action, subject, ...change } = done
  return writeEntry(tx, { accountId, actor: byMail(accountId), action, subject, ...placeOf(request) }, change)
}

/**
 * Links by which whoever gets a mail may do one thing without signing in.
 *
 * @param name of the parameter that names the thing.
 * @param noun says what there is not, where it names none.
 */
export const mailLink = (path: string, name: string, noun: string) => ({
  path,
  /** The path and query of the link. */
  target: (signer: UrlSigner, { accountId, id }: MailLinkKey): string =>
    signer.sign({
      method: 'GET',
      path,
      parameters: { account: accountId, [name]: id },
      expiresAt: new Date(Date.now() + linkLifeMs),
    }),
  /** @throws AppError where the link was altered or has expired. */
  read: (signer: UrlSigner, request: FastifyRequest): MailLinkKey => {
    signer.verify('GET', request.url)
    const { account = '', [name]: id = '' } = request.query as Record<string, string>
    if (!isUuid(account) || !isUuid(id)) throw new AppError('not_found_error', `There is no such ${noun}`)
    return { accountId: account, id }
  },
})
