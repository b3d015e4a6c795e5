import { readIccid } from '@mason/contract/identifiers'
import sql from 'sql-template-tag'
import type { Db } from '../db/database.ts'
import { differences, membersOf } from './document.ts'
import type { Change, Draft } from './draft.ts'
import { hashesOf, identifiersIn, withHashes } from './identities.ts'

/** A path or a header can be as long as anybody likes, and a refused one is not read before. */
const kept = (text: string) => text.slice(0, 300).toWellFormed().replaceAll('\0', '')

/** Writes an entry of the audit trail, in the transaction of what it tells of: the one place that does. */
export async function writeEntry(tx: Db, draft: Draft, change: Change = {}): Promise<void> {
  const whole = { before: membersOf(change.before), after: membersOf(change.after) }
  const { before, after } = whole.before && whole.after ? differences(whole.before, whole.after) : whole
  const about = subjectOf(draft, after ?? before ?? {})
  const hashes = await hashesOf(tx, draft.accountId, identifiersOf(whole, about, JSON.stringify([before, after])))
  const json = (value: unknown) => (value === undefined ? null : JSON.stringify(withHashes(value, hashes)))
  const { accountId, actor, action, subject, address, userAgent, requestId, refusal } = asKept(draft, about, hashes)
  await tx.query(sql`
    INSERT INTO audit_entry (account_id, actor_kind, actor_id, action, subject_kind, subject_id, address, user_agent,
                             request_id, refusal, before, after)
    VALUES (${accountId}, ${actor.kind}, ${actor.id}, ${action}, ${subject.kind}, ${subject.id}, ${address}, ${userAgent},
            ${requestId}, ${refusal}, ${json(before)}, ${json(after)})`)
}

/** What an entry of a refusal would say, and nothing that identifies a device or a card. */
export async function keptOfRefusal(tx: Db, draft: Draft): Promise<Kept> {
  const about = subjectOf(draft, {})
  return asKept(draft, about, await hashesOf(tx, draft.accountId, identifiersOf({}, about, '')))
}

/** A draft as the trail keeps it. */
interface Kept extends Pick<Draft, 'accountId' | 'actor' | 'action'> {
  subject: Subject
  address: string | null
  userAgent: string | null
  requestId: string | null
  refusal: string | null
}

interface Subject {
  kind: string
  id: string
}

function asKept(draft: Draft, { kind, id }: Subject, hashes: ReadonlyMap<string, string>): Kept {
  const { accountId, actor, action, address = null, userAgent, requestId = null, refusal } = draft
  return {
    ...{ accountId, actor, action, address, requestId },
    subject: { kind, id: String(withHashes(id, hashes)) },
    userAgent: userAgent === undefined ? null : kept(userAgent),
    refusal: refusal === undefined ? null : kept(refusal),
  }
}

/** Of what identifies the thing, all that is told: a member that has not changed may stand in the name that has. */
function identifiersOf(whole: Change, about: { kind: string; id: string }, told: string): Set<string> {
  const found = identifiersIn([whole.before, whole.after])
  for (const value of found) if (!told.includes(JSON.stringify(value).slice(1, -1))) found.delete(value)
  return about.kind === 'sim' ? found.add(about.id) : found
}

/** What it is done to: what the path names, what was just made, or the account. */
function subjectOf({ accountId, subject: { kind, id } }: Draft, document: Record<string, unknown>) {
  const named = (kind === 'sim' && id !== undefined && readIccid(id)) || (id ?? idIn(document))
  if (named !== undefined && named !== '') return { kind, id: kept(named) }
  return { kind: kind === 'subscription' ? kind : 'account', id: accountId }
}

function idIn({ type, name, version, project, iccid, id }: Record<string, unknown>): string | undefined {
  const parts = project === undefined ? [type, name, version] : [project, version]
  if (id === undefined && parts.every((part) => typeof part === 'string')) return parts.join('/')
  return [id, iccid, name].find((one) => typeof one === 'string') as string | undefined
}
