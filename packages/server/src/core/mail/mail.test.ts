import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { inviteUser } from '@mason/contract/user'
import { SMTPServer } from 'smtp-server'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Platform, startPlatform, type TestAccount } from '../../../test/harness.ts'
import { Browser, password } from '../../../test/users.ts'

const letters: string[] = []
let isAway = false
const server = new SMTPServer({
  authOptional: true,
  disabledCommands: ['STARTTLS'],
  onData: (stream, _session, done) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.on('end', () => {
      if (!isAway) letters.push(Buffer.concat(chunks).toString().replaceAll('=\r\n', '').replaceAll('=3D', '='))
      done(isAway ? new Error('come back later') : null)
    })
  },
})
let platform: Platform
let account: TestAccount

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  const { port } = server.server.address() as AddressInfo
  platform = await startPlatform({ SMTP_URL: `smtp://127.0.0.1:${port}`, SMTP_FROM: 'Mason <mason@example.com>' })
  account = await platform.newAccount()
})
afterAll(async () => {
  await platform.stop()
  await new Promise<void>((resolve) => server.close(resolve))
})

/** The letter to this address, once it has come. */
const letterTo = (email: string) => expect.poll(() => letters.findLast((letter) => letter.includes(`To: ${email}`)))
const tokenTo = async (email: string) => {
  await letterTo(email).toBeDefined()
  return /\/(?:join|reset)#(\w+)/.exec(letters.findLast((letter) => letter.includes(`To: ${email}`)) ?? '')?.[1] ?? ''
}

test('invitations and forgotten passwords come by mail, and no answer shows a link', async () => {
  const email = 'ada@example.com'
  const { data } = await account.call(inviteUser, { email, preset: 'read-only' })
  expect(data[0]).not.toHaveProperty('link')
  const browser = new Browser(platform.url)
  const join = await browser.post('/auth/link/accept', { token: await tokenTo(email), password })
  expect(join.status).toBe(200)
  expect(letters[0]).toContain('From: Mason <mason@example.com>')

  letters.length = 0
  const answers = [
    await browser.post('/auth/password/forgotten', { email: email.toUpperCase() }),
    await browser.post('/auth/password/forgotten', { email: 'nobody@example.com' }),
  ]
  expect(answers.map(({ body }) => body)).toEqual([{ data: [{ done: true }] }, { data: [{ done: true }] }])
  const token = await tokenTo(email)
  expect((await browser.signIn(email, password)).status, 'asking alone changes nothing').toBe(200)
  expect((await browser.post('/auth/link/accept', { token, password: 'a wholly new one' })).status).toBe(200)
  expect((await new Browser(platform.url).signIn(email, password)).status).toBe(401)
  expect(letters.filter((letter) => letter.includes('nobody@'))).toEqual([])
})

test('a mail server that is away gets the letter later', async () => {
  isAway = true
  await account.call(inviteUser, { email: 'later@example.com', preset: 'read-only' })
  isAway = false
  await letterTo('later@example.com').toContain('You are invited')
})

test('letters to one address are few, however often they are asked for', async () => {
  const email = 'often@example.com'
  const browser = new Browser(platform.url)
  await account.call(inviteUser, { email, preset: 'read-only' })
  await browser.post('/auth/link/accept', { token: await tokenTo(email), password })
  letters.length = 0
  for (let count = 0; count < 12; count++)
    expect((await browser.post('/auth/password/forgotten', { email })).status).toBe(200)
  await account.call(inviteUser, { email: 'last@example.com', preset: 'read-only' })
  await letterTo('last@example.com').toBeDefined()
  expect(letters.filter((letter) => letter.includes(`To: ${email}`)).length).toBeLessThanOrEqual(5)
})
