import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { type Letter, writeLetter } from '../../core/mail/letter.ts'
import type { Mailer } from '../../core/mail/mailer.ts'
import type { UrlSigner } from '../../core/storage/signed-url.ts'
import { pauseTarget } from './pause.ts'
import { lockAlerts } from './rule.ts'
import { type Told, toldColumns } from './told.ts'
import { lineOf, mostCounted, roughly } from './wording.ts'

/** Who sends mails, and where their links lead. */
export interface Post {
  mailer: Mailer | undefined
  publicUrl: () => string
  signer: UrlSigner
}

/** What gives mail readers a button that ends such mails (RFC 8058). */
export const oneClick = (url: string) => ({
  'List-Unsubscribe': `<${url}>`,
  'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
})

/** Alerts that a mail lists. */
const listed = 20

interface Teller {
  accountId: string
  id: string
  name: string
  emails: string[]
  timezone: string
  toldThrough: number
  isToldOpen: boolean
}

/**
 * Writes the mails of rules, one a rule and minute at most: what has opened since the last one, and that all is over. A mail is queued in
 * the transaction that notes what it has told of.
 */
export const mailAlerts = (post: Post): PeriodicJob => ({
  name: 'mail-alerts',
  everyMs: 2_000,
  run: async (tx) => {
    const { rows: due } = await tx.query<{ accountId: string; id: string }>(sql`
      SELECT account_id AS "accountId", id FROM alert_rule WHERE mail_due_at <= now() ORDER BY mail_due_at LIMIT 1`)
    const [first] = due
    if (!first) return false
    await lockAlerts(tx, first.accountId)
    const { rows } = await tx.query<Teller>(sql`
      SELECT r.account_id AS "accountId", r.id, r.name, r.emails, a.timezone, r.told_through AS "toldThrough", r.is_told_open AS "isToldOpen"
      FROM alert_rule AS r JOIN account AS a ON a.id = r.account_id
      WHERE r.account_id = ${first.accountId} AND r.id = ${first.id} AND r.mail_due_at <= now()`)
    for (const teller of rows) await tell(tx, post, teller)
    return true
  },
})

async function tell(tx: Db, post: Post, teller: Teller): Promise<void> {
  const news = await readNews(tx, teller)
  const letter = letterOf(news, teller, post)
  if (letter && post.mailer) {
    const pauseUrl = `${post.publicUrl()}${pauseTarget(post.signer, teller)}`
    const links = [{ label: 'Pause this rule', url: pauseUrl }]
    const headers = oneClick(pauseUrl)
    const content = writeLetter({ ...letter, links })
    for (const to of teller.emails) await post.mailer.send(tx, { to, subject: letter.title, headers, ...content })
  }
  await tx.query(sql`
    UPDATE alert_rule SET mail_due_at = NULL, mailed_at = CASE WHEN ${letter !== undefined} THEN now() ELSE mailed_at END,
      told_through = greatest(told_through, ${news.through}), is_told_open = ${letter ? news.open > 0 : teller.isToldOpen}
    WHERE account_id = ${teller.accountId} AND id = ${teller.id}`)
}

interface News {
  opened: number
  through: number
  open: number
  alerts: Told[]
}

async function readNews(tx: Db, { accountId, id, toldThrough }: Teller): Promise<News> {
  const ofRule = sql`account_id = ${accountId} AND rule_id = ${id}`
  const { rows } = await tx.query<Omit<News, 'alerts'>>(sql`
    SELECT
      (SELECT count(*)::int FROM (
        SELECT FROM alert WHERE ${ofRule} AND opening > ${toldThrough} ORDER BY opening LIMIT ${mostCounted + 1}) AS news) AS opened,
      (SELECT coalesce(max(opening), 0) FROM alert WHERE ${ofRule}) AS through,
      (SELECT count(*)::int FROM (
        SELECT FROM alert WHERE is_standing AND state <> 'resolved' AND ${ofRule} LIMIT ${mostCounted + 1}) AS rest) AS open`)
  const { rows: alerts } = await tx.query<Told>(sql`
    SELECT ${toldColumns}
    FROM (SELECT * FROM alert WHERE ${ofRule} AND opening > ${toldThrough} ORDER BY opening LIMIT ${listed}) AS a
    JOIN alert_rule AS r ON r.account_id = a.account_id AND r.id = a.rule_id ORDER BY a.opening`)
  return { ...(rows[0] ?? { opened: 0, through: 0, open: 0 }), alerts }
}

/** None when nothing has opened, and nothing that a mail has told of is over. */
function letterOf({ opened, open, alerts }: News, teller: Teller, { publicUrl }: Post): Letter | undefined {
  const { id, name, timezone, isToldOpen } = teller
  const common = {
    action: { label: 'Open the alerts', url: `${publicUrl()}/alerts?rule=${id}` },
    footer: `The alert rule “${name}” sends this mail. Times are in the zone ${timezone}.`,
    links: [],
  }
  if (opened > 0)
    return {
      ...common,
      title: `${name}: ${roughly(opened, 'new alert')}`,
      lead:
        open > 0
          ? `${roughly(open, 'alert')} of this rule ${open === 1 ? 'is' : 'are'} not resolved.`
          : 'All of them are over already.',
      sections: [
        {
          lines: alerts.map((alert) => lineOf(alert, publicUrl(), timezone)),
          ...(opened > alerts.length && { more: `and ${roughly(opened - alerts.length, 'other alert')}` }),
        },
      ],
    }
  if (open > 0 || !isToldOpen) return undefined
  return { ...common, title: `${name}: it is over`, lead: 'All alerts of this rule are resolved.', sections: [] }
}
