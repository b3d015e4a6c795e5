import { getAlertRule, listAlertRules, updateAlertRule } from '@mason/contract/alert-rule'
import { listAuditEntries } from '@mason/contract/audit'
import type { Scope } from '@mason/contract/scopes'
import { inviteUser, updateAccount } from '@mason/contract/user'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { alertsOf, lookAll, newRule, runAll } from '../../../test/alerts.ts'
import { eventually } from '../../../test/eventually.ts'
import { newDevice } from '../../../test/factories.ts'
import { type Platform, startPlatform } from '../../../test/harness.ts'
import { useMailServer } from '../../../test/mail-server.ts'
import { Browser, password } from '../../../test/users.ts'

const post = await useMailServer()
let platform: Platform
beforeAll(async () => {
  platform = await startPlatform({ SMTP_URL: post.url, PUBLIC_URL: 'https://mason.example' }, { areJobsRunning: false })
})
afterAll(() => platform.stop())

const withLevel = (level: number) => ({ bootId: 'boot-1', battery: { level: String(level) } })
const { letters } = post

/** Writes the mails of rules, as if they had waited for long enough. */
async function mailAll(): Promise<void> {
  await platform.database.pool.query('UPDATE alert_rule SET mail_due_at = now() WHERE mail_due_at IS NOT NULL')
  await runAll(platform, 'mail-alerts')
}

describe('mails of alerts', () => {
  test('are gathered, in the time zone of the account, and one says that all is over', async () => {
    const account = await platform.newAccount()
    await account.call(updateAccount, { timezone: 'Asia/Kolkata' })
    const emails = ['ada@example.com', 'grace@example.com']
    const rule = await newRule(account, {
      condition: 'device.battery',
      below: 15,
      name: 'Tills & <kiosks>',
      notify: { emails },
    })
    const devices = await Promise.all(
      Array.from({ length: 25 }, (_, index) => newDevice(platform, account, { name: `till ${index}` })),
    )
    const all = (level: number, some = devices) => Promise.all(some.map((device) => device.checkIn(withLevel(level))))
    await all(9)
    await lookAll(platform)
    await Promise.all([mailAll(), mailAll()])
    await eventually(() => expect(letters.map(({ to }) => to).sort()).toEqual(emails))
    const [letter] = letters
    expect(letter?.subject).toBe('Tills & <kiosks>: 25 new alerts')
    for (const body of [letter?.text, letter?.html]) {
      expect(body).toContain('25 alerts of this rule are not resolved.')
      expect(body).toContain('and 5 other alerts')
      expect(body).toContain('battery at 9 percent')
      expect(body).toContain('https://mason.example/devices/')
      expect(body).toContain(`https://mason.example/alerts?rule=${rule}`)
      expect(body).toContain('Asia/Kolkata')
    }
    expect(letter?.html).toContain('Tills &amp; &lt;kiosks&gt;')
    expect(letter?.html).not.toContain('<kiosks>')

    letters.splice(0)
    await all(50, devices.slice(1))
    await lookAll(platform)
    await mailAll()
    await all(50)
    await lookAll(platform)
    await mailAll()
    await eventually(() => expect(letters).toHaveLength(2))
    expect(letters[0]?.subject).toBe('Tills & <kiosks>: it is over')
    expect(letters[0]?.text).toContain('All alerts of this rule are resolved.')
  })

  test('do not come for a minute after the last one', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    const rule = await newRule(account, {
      condition: 'device.battery',
      below: 15,
      notify: { emails: ['ada@example.com'] },
    })
    const after = async (level: number) => {
      await device.checkIn(withLevel(level))
      await lookAll(platform)
      const { rows } = await platform.database.pool.query(
        'SELECT mail_due_at > now() + make_interval(secs => 30) AS "isLater" FROM alert_rule WHERE id = $1',
        [rule],
      )
      return rows[0]?.isLater
    }
    expect(await after(9)).toBe(false)
    await mailAll()
    expect(await after(90)).toBe(true)
    await eventually(() => expect(letters.map(({ to }) => to)).toContain('ada@example.com'))
  })

  test('have a link that pauses the rule, by a button and by the one click of a reader', async () => {
    const account = await platform.newAccount()
    const device = await newDevice(platform, account)
    await device.checkIn(withLevel(9))
    const id = await newRule(account, {
      condition: 'device.battery',
      below: 15,
      name: 'Low',
      notify: { emails: ['pauser@example.com'] },
    })
    await lookAll(platform)
    await mailAll()
    const ofPauser = () => letters.find(({ to }) => to === 'pauser@example.com')
    await eventually(() => expect(ofPauser()).toBeDefined())
    const letter = ofPauser()
    const link = /Pause this rule:\n(\S+)/.exec(letter?.text ?? '')?.[1] ?? ''
    expect(letter?.headers).toContain(`List-Unsubscribe: <${link}>`)
    expect(letter?.headers).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
    const path = link.replace('https://mason.example', '')
    const isEnabled = async () => (await account.call(getAlertRule, { id })).data[0]?.enabled
    const page = await platform.fetch(path)
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(await page.text()).toContain('Pause “Low”?')
    expect(await isEnabled()).toBe(true)
    expect((await platform.fetch(path.replace('rule=', 'rule=0'))).status).toBe(403)
    const form = { method: 'POST', body: 'List-Unsubscribe=One-Click' }
    expect((await platform.fetch(path.slice(0, -2), form)).status).toBe(403)
    expect(await isEnabled()).toBe(true)
    for (let times = 0; times < 2; times++) {
      const paused = await platform.fetch(path, form)
      expect([paused.status, await paused.text()]).toEqual([200, expect.stringContaining('“Low” is paused')])
      expect(await isEnabled()).toBe(false)
    }
    const changed = { before: { enabled: true }, after: { enabled: false } }
    const entries = (await account.call(listAuditEntries, { subject: id, action: 'updateAlertRule' })).data
    expect(entries).toMatchObject([{ actor: { kind: 'system', id: 'mail' }, ...changed }])
    await lookAll(platform)
    expect((await alertsOf(account, id)).map((alert) => alert.split(' ')[1])).toEqual(['resolved'])
  })
})

test('a digest comes once a time, with what its reader may read', async () => {
  const account = await platform.newAccount()
  await (await newDevice(platform, account, { name: 'till' })).checkIn(withLevel(9))
  const rule = (await account.call(listAlertRules)).data.find(({ condition }) => condition === 'device.battery')
  await account.call(updateAlertRule, { id: rule?.id ?? '', enabled: true, for: 0 })
  await lookAll(platform)
  const join = async (email: string, scope: Scope) => {
    await account.call(inviteUser, { email, scopes: [scope] })
    const token = await eventually(() => {
      const found = /\/join#(\w+)/.exec(letters.find(({ to }) => to === email)?.text ?? '')?.[1]
      expect(found).toBeDefined()
      return found
    })
    const browser = new Browser(platform.url)
    expect((await browser.post('/auth/link/accept', { token, password })).status).toBe(200)
    return browser
  }
  const browsers = [await join('whole@example.com', 'account:owner'), await join('part@example.com', 'user:read')]
  letters.splice(0)
  for (const browser of browsers)
    expect((await browser.post('/auth/preferences', { digest: 'weekly' })).body.data).toMatchObject([
      { digest: 'weekly' },
    ])
  await runAll(platform, 'send-digests')
  await platform.database.pool.query('UPDATE app_user SET digest_due_at = now() WHERE digest_due_at IS NOT NULL')
  await runAll(platform, 'send-digests')
  await runAll(platform, 'send-digests')
  await eventually(() => expect(letters).toHaveLength(2))
  const [own, others] = ['whole@example.com', 'part@example.com'].map((email) => letters.find(({ to }) => to === email))
  expect(own?.subject).toContain('your weekly digest')
  expect(own?.text).toContain('battery at 9 percent')
  expect(own?.text).toContain('1 device, 1 online, 1 alert not resolved.')
  expect(others?.text).not.toContain('battery')
  const { rows } = await platform.database.pool.query(
    `SELECT extract(isodow FROM digest_due_at AT TIME ZONE 'UTC')::int AS day, extract(hour FROM digest_due_at AT TIME ZONE 'UTC')::int AS hour
     FROM app_user WHERE digest = 'weekly'`,
  )
  expect(rows).toEqual([
    { day: 1, hour: 7 },
    { day: 1, hour: 7 },
  ])

  const link = /Stop the digest:\n(\S+)/.exec(own?.text ?? '')?.[1] ?? ''
  expect(own?.headers).toContain(`List-Unsubscribe: <${link}>`)
  expect(own?.headers).toContain('List-Unsubscribe-Post: List-Unsubscribe=One-Click')
  const path = link.replace('https://mason.example', '')
  const pace = async () => (await browsers[0]?.get('/auth/preferences'))?.body.data
  expect(await (await platform.fetch(path)).text()).toContain('Stop the digest?')
  const form = { method: 'POST', body: 'List-Unsubscribe=One-Click' }
  expect((await platform.fetch(path.slice(0, -2), form)).status).toBe(403)
  expect(await pace()).toMatchObject([{ digest: 'weekly' }])
  for (let times = 0; times < 2; times++) {
    const stopped = await platform.fetch(path, form)
    expect([stopped.status, await stopped.text()]).toEqual([200, expect.stringContaining('The digest is stopped')])
    expect(await pace()).toMatchObject([{ digest: 'off' }])
  }
  const entries = (await account.call(listAuditEntries, { action: 'updatePreferences' })).data
  const changed = { before: { digest: 'weekly' }, after: { digest: 'off' } }
  expect(entries.filter(({ actor }) => actor.kind === 'system')).toMatchObject([
    { subject: { kind: 'user' }, ...changed },
  ])
})
