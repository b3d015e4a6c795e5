import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { afterEach, expect, test } from 'vitest'
import { readConfig } from '../../config.ts'
import { Sealer } from '../sealer.ts'
import { openMailer } from './mailer.ts'

const servers: SMTPServer[] = []
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise<void>((resolve) => server.close(resolve))
})

const sealer = new Sealer(randomBytes(32))

/** A mail server; what it hears of passwords and letters. */
async function startServer(options: SMTPServerOptions) {
  const heard: string[] = []
  const server = new SMTPServer({
    allowInsecureAuth: true,
    onAuth: ({ username, password }, _session, done) => {
      heard.push(`${username}:${password}`)
      if (password === 'right') done(null, { user: username })
      else done(new Error('Invalid login'))
    },
    onData: (stream, _session, done) => {
      stream.resume()
      stream.on('end', () => {
        heard.push('a letter')
        done(null)
      })
    },
    ...options,
  })
  servers.push(server)
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  return { heard, host: `127.0.0.1:${(server.server.address() as AddressInfo).port}` }
}

/** What the start says of the mail server, and what becomes of a letter. */
async function tryOut(environment: Record<string, string>) {
  const warnings: string[] = []
  const mailer = openMailer(readConfig(environment), sealer, { warn: (message) => warnings.push(message) })
  const mail = sealer.seal(JSON.stringify({ to: 'ada@example.com', subject: 'hello', text: 'hello' }))
  const sent = await mailer?.task
    .run({} as never, { mail: mail.toString('base64') }, new AbortController().signal)
    .then(
      () => 'sent',
      (error: Error) => error.message,
    )
  return { warnings, sent }
}

test('a password is not sent without TLS, and the start says what to set', async () => {
  const { host, heard } = await startServer({ disabledCommands: ['STARTTLS'] })
  const { warnings, sent } = await tryOut({ SMTP_URL: `smtp://mason:right@${host}` })
  expect(sent).toMatch(/^SMTP_URL: .*SMTP_ALLOW_CLEARTEXT/)
  await expect.poll(() => warnings).toEqual([expect.stringMatching(/^SMTP_URL: .*SMTP_ALLOW_CLEARTEXT/)])
  expect(heard).toEqual([])
})

test('the operator may allow it, and mail without a password needs no leave', async () => {
  const { host, heard } = await startServer({ disabledCommands: ['STARTTLS'], authOptional: true })
  const allowed = { SMTP_URL: `smtp://mason:right@${host}`, SMTP_ALLOW_CLEARTEXT: 'true' }
  expect((await tryOut(allowed)).sent).toBe('sent')
  expect(heard).toContain('mason:right')
  expect((await tryOut({ SMTP_URL: `smtp://${host}` })).sent).toBe('sent')
})

test('a wrong password and a server that is away are named, without the password', async () => {
  const { host } = await startServer({ disabledCommands: ['STARTTLS'] })
  const wrong = await tryOut({ SMTP_URL: `smtp://mason:hunter2@${host}`, SMTP_ALLOW_CLEARTEXT: 'true' })
  expect(wrong.sent).toMatch(/^SMTP_URL: the mail server refuses user and password/)
  expect(wrong.sent).not.toContain('hunter2')
  const away = await tryOut({ SMTP_URL: 'smtp://127.0.0.1:1' })
  expect(away.sent).toMatch(/^SMTP_URL: the mail server cannot be reached/)
})
