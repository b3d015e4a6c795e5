import sql, { join } from 'sql-template-tag'
import { AppError } from '../../core/errors.ts'
import { onlyForAll, type Reach } from '../../core/reach.ts'
import { conditionsOf, placesOf } from '../audit/service.ts'
import type { Filters, Source } from './kind.ts'

/** The entries of the audit trail, in its order. @throws AppError (403) for who is restricted to groups: the trail is the account's. */
export const auditSource = (reach: Reach, { actor, action, subject, start, end }: Filters): Source => {
  const { accountId, groups } = reach
  if (groups !== undefined) throw new AppError('permission_error', onlyForAll)
  const filters = {
    ...(actor !== undefined && { actor }),
    ...(action !== undefined && { action }),
    ...(subject !== undefined && { subject }),
    ...(start !== undefined && { start }),
    ...(end !== undefined && { end }),
  }
  const member = (name: string) => sql`document ->> ${name}`
  return {
    items: sql`FROM audit_document WHERE ${join([sql`account_id = ${accountId}`, ...conditionsOf(filters, placesOf(accountId, filters))], ' AND ')}`,
    order: sql`id`,
    document: sql`document`,
    columns: () => ({
      id: sql`id`,
      time: member('time'),
      actorKind: sql`document #>> '{actor,kind}'`,
      actor: sql`actor_id`,
      actorName: sql`document #>> '{actor,name}'`,
      action: sql`action`,
      subjectKind: sql`document #>> '{subject,kind}'`,
      subject: sql`document #>> '{subject,id}'`,
      address: member('address'),
      userAgent: member('userAgent'),
      requestId: member('requestId'),
      refusal: member('refusal'),
      before: member('before'),
      after: member('after'),
      number: member('number'),
      previousHash: member('previousHash'),
      hash: member('hash'),
      repeats: member('repeats'),
    }),
  }
}
