import type { Link } from '@mason/contract/auth'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import { AppError } from '../../core/errors.ts'
import { hashSecret, randomBase62 } from '../../core/key.ts'
import { writeLetter } from '../../core/mail/letter.ts'
import type { Mailer } from '../../core/mail/mailer.ts'

const days = { invitation: 7, reset: 1 } as const

/** What links are made with. */
export interface Links {
  /** Absent where there is no mail server. */
  mailer: Mailer | undefined
  publicUrl: () => string
}

interface Addressee {
  accountId: string
  id: string
  email: string
}

/**
 * Makes the one live link of a user and mails it.
 *
 * @returns the link where there is no mail server, to be handed over by whoever asked for it.
 */
export async function issueLink(
  tx: Db,
  { mailer, publicUrl }: Links,
  { accountId, id, email }: Addressee,
  kind: Link['kind'],
): Promise<string | undefined> {
  const token = randomBase62(43)
  await tx.query(sql`
    INSERT INTO user_link (account_id, user_id, token_hash, kind, expires_at)
    VALUES (${accountId}, ${id}, ${hashSecret(token)}, ${kind}, now() + make_interval(days => ${days[kind]}))
    ON CONFLICT (account_id, user_id) DO UPDATE SET (token_hash, kind, expires_at) =
      (excluded.token_hash, excluded.kind, excluded.expires_at)`)
  // Behind the #, a token reaches no server's log and no Referer.
  const { page, label, ...letter } = letters[kind]
  const link = `${publicUrl()}/${page}#${token}`
  if (!mailer) return link
  const content = writeLetter({ ...letter, sections: [], action: { label, url: link }, links: [] })
  await mailer.send(tx, { to: email, subject: letter.title, ...content })
  return undefined
}

const letters = {
  invitation: {
    page: 'join',
    title: 'You are invited to the Mason Platform',
    lead: `Choose a password to join. The link works once, for ${days.invitation} days.`,
    label: 'Join',
    footer: 'If you do not know why you are invited, do nothing.',
  },
  reset: {
    page: 'reset',
    title: 'A new password for the Mason Platform',
    lead: 'Set a new password. The link works once, for a day.',
    label: 'Set a new password',
    footer: 'If you did not ask for it, do nothing: your password stays as it is.',
  },
} as const

interface LiveLink {
  accountId: string
  userId: string
  kind: Link['kind']
  email: string
  passwordHash: string | null
}

/** Whose link this is, and what for. @throws AppError (404) for one that was used, replaced, or is too old. */
export async function findLink(db: Db, token: string): Promise<LiveLink> {
  const { rows } = await db.query<LiveLink>(sql`
    SELECT l.account_id AS "accountId", l.user_id AS "userId", l.kind, u.email, u.password_hash AS "passwordHash"
    FROM user_link AS l JOIN app_user AS u ON u.account_id = l.account_id AND u.id = l.user_id
    WHERE l.token_hash = ${hashSecret(token)} AND l.expires_at > now() AND u.deleted_at IS NULL AND u.disabled_at IS NULL`)
  if (!rows[0]) throw deadLink()
  return rows[0]
}

/** What a link is for, as JSON. */
export async function describeLink(db: Db, token: string): Promise<string> {
  const { rows } = await db.query<{ document: string }>(sql`
    SELECT json_build_object('kind', l.kind, 'email', u.email, 'account', a.name, 'expiresAt', iso_time(l.expires_at))::text
      AS document
    FROM user_link AS l JOIN app_user AS u ON u.account_id = l.account_id AND u.id = l.user_id
    JOIN account AS a ON a.id = l.account_id
    WHERE l.token_hash = ${hashSecret(token)} AND l.expires_at > now() AND u.deleted_at IS NULL AND u.disabled_at IS NULL`)
  if (!rows[0]) throw deadLink()
  return rows[0].document
}

/** Uses the link up; of two at once one succeeds. */
export async function useLink(tx: Db, token: string): Promise<void> {
  const { rowCount } = await tx.query(sql`
    DELETE FROM user_link WHERE token_hash = ${hashSecret(token)} AND expires_at > now()`)
  if (rowCount === 0) throw deadLink()
}

const deadLink = () => new AppError('not_found_error', 'The link was used, replaced, or is too old: ask for a new one')
