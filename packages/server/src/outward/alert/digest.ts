import type { DigestPace } from '@mason/contract/preferences'
import { grants, type Scope } from '@mason/contract/scopes'
import sql from 'sql-template-tag'
import type { Db } from '../../core/db/database.ts'
import type { PeriodicJob } from '../../core/jobs/periodic.ts'
import { type Letter, type Line, writeLetter } from '../../core/mail/letter.ts'
import { readSums, type Sums } from './digest-sums.ts'
import { oneClick, type Post } from './mail.ts'
import { stopDigestTarget } from './stop-digest.ts'
import { lineOf, numberOf } from './wording.ts'

interface Reader {
  accountId: string
  id: string
  email: string
  scopes: Scope[]
  digest: DigestPace
  accountName: string
  timezone: string
}

/** Sends the digests that are due. One is queued in the transaction that says when the next is due. */
export const sendDigests = (post: Post): PeriodicJob => ({
  name: 'send-digests',
  everyMs: 30_000,
  run: async (tx) => {
    const { rows } = await tx.query<Reader>(sql`
      SELECT u.account_id AS "accountId", u.id, u.email, u.scopes, u.digest, a.name AS "accountName",
             coalesce(u.timezone, a.timezone) AS timezone
      FROM app_user AS u JOIN account AS a ON a.id = u.account_id
      WHERE u.digest_due_at <= now() ORDER BY u.digest_due_at LIMIT 1 FOR NO KEY UPDATE OF u SKIP LOCKED`)
    const [reader] = rows
    if (!reader) return false
    if (await isThere(tx, reader)) await send(tx, post, reader)
    await tx.query(sql`
      UPDATE app_user SET digest_due_at = next_digest(digest, ${reader.timezone}, now())
      WHERE account_id = ${reader.accountId} AND id = ${reader.id}`)
    return true
  },
})

/** Whoever was removed or shut out reads nothing any more, and who is restricted to groups nothing of the account. */
async function isThere(tx: Db, { accountId, id }: Reader): Promise<boolean> {
  const { rows } = await tx.query(sql`
    SELECT FROM app_user WHERE account_id = ${accountId} AND id = ${id}
      AND deleted_at IS NULL AND disabled_at IS NULL AND joined_at IS NOT NULL AND NOT is_restricted`)
  return rows.length > 0
}

async function send(tx: Db, { mailer, publicUrl, signer }: Post, reader: Reader): Promise<void> {
  if (!mailer) return
  const sums = await readSums(tx, reader.accountId, reader.digest === 'weekly' ? 7 : 1)
  const stopUrl = `${publicUrl()}${stopDigestTarget(signer, reader)}`
  const letter = letterOf(sums, reader, publicUrl(), stopUrl)
  await mailer.send(tx, { to: reader.email, subject: letter.title, headers: oneClick(stopUrl), ...writeLetter(letter) })
}

/** What somebody may read, and nothing else. */
function letterOf(sums: Sums, { accountName, digest, scopes, timezone }: Reader, url: string, stopUrl: string): Letter {
  const may = (scope: Scope) => grants(scopes, scope)
  const sections = [
    may('fleet:read') && { title: 'What needs attention', ...attention(sums, url, timezone) },
    may('fleet:read') && { title: 'Devices', lines: fleet(sums, url) },
    may('fleet:deploy') && sums.rollOuts.length > 0 && { title: 'Roll-outs', lines: rollOuts(sums, url) },
    may('connect:read') && { title: 'Data in this month', lines: data(sums, url) },
  ]
  return {
    title: `${accountName}: your ${digest} digest`,
    lead: may('fleet:read')
      ? `${numberOf(sums.devices, 'device')}, ${sums.online.toLocaleString('en-US')} online, ${numberOf(sums.alerts, 'alert')} not resolved.`
      : 'What has happened in your account.',
    sections: sections.filter((section) => section !== false),
    action: { label: 'Open the Controller', url },
    footer: `You get this mail because you asked for it. Times are in the zone ${timezone}.`,
    links: [
      { label: 'Change what you get', url: `${url}/profile` },
      { label: 'Stop the digest', url: stopUrl },
    ],
  }
}

function attention({ latest, alerts, opened }: Sums, url: string, timezone: string) {
  if (alerts === 0)
    return { lines: [{ text: 'Nothing', detail: `${numberOf(opened, 'alert')} opened and ended meanwhile` }] }
  const more = alerts - latest.length
  return {
    lines: latest.map((alert) => lineOf(alert, url, timezone)),
    ...(more > 0 && { more: `and ${numberOf(more, 'other alert')}` }),
  }
}

const fleet = ({ devices, online, outOfDate }: Sums, url: string): Line[] => [
  { text: `${numberOf(devices - online, 'device')} offline`, url: `${url}/devices?online=false` },
  { text: `${numberOf(outOfDate, 'device')} out of date`, url: `${url}/devices?outOfDate=true` },
]

const rollOuts = ({ rollOuts }: Sums, url: string): Line[] =>
  rollOuts.map(({ id, name, version, group, state, reason }) => ({
    text: `${name} ${version}`,
    detail: `${state}${group === null ? '' : ` in the group ${group}`}${reason ? `: ${reason}` : ''}`,
    url: `${url}/deployments/${id}`,
    ...(state === 'paused' && { tone: 'warning' as const }),
  }))

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`

const data = ({ used, allowance }: Sums, url: string): Line[] => [
  {
    text: `${gigabytes(used)} of ${gigabytes(allowance)}`,
    ...(allowance > 0 && { detail: `${Math.round((100 * used) / allowance)} percent of the plan` }),
    url: `${url}/usage`,
  },
]
