import { describe, expect, test } from 'vitest'
import { usePlatform } from '../../test/harness.ts'
import { Browser, codeOf, enrollTotp, newPerson, password } from '../../test/people.ts'

const platform = usePlatform()

describe('a session', () => {
  test('is begun by password, says who it is, works on every route with the scopes, and ends', async () => {
    const account = await platform.newAccount()
    const { email, id } = await newPerson(platform, account, ['fleet:read'])
    const browser = new Browser(platform.url)
    const answer = await browser.signIn(email.toUpperCase(), password)
    expect(answer.status).toBe(200)
    expect(answer.body.data[0]).toMatchObject({ state: 'active', user: { id, email, scopes: ['fleet:read'] } })
    expect((await browser.get('/v1/default/group')).status).toBe(200)
    const refused = await browser.post('/v1/default/group', { name: 'x' })
    expect(refused.body).toMatchObject({ type: 'permission_error', message: 'You lack the scope fleet:admin' })
    expect((await browser.get('/auth/session')).body.data[0].user.email).toBe(email)
    const old = browser.at(platform.url)
    expect((await browser.post('/auth/sign-out')).status).toBe(200)
    expect(browser.cookies.has('mason_session')).toBe(false)
    await expect.poll(async () => (await old.get('/auth/session')).status, { timeout: 2_000 }).toBe(401)
    expect((await browser.post('/auth/sign-out')).status).toBe(200)
  })

  test('second factor', async () => {
    const account = await platform.newAccount()
    const person = await newPerson(platform, account)
    const { secret } = await enrollTotp(person)
    const browser = new Browser(platform.url)
    expect((await browser.signIn(person.email, password)).body.data[0].state).toBe('totpRequired')
    expect((await browser.get('/v1/default/group')).status).toBe(401)
    const second = await browser.post('/auth/sign-in/totp', { code: codeOf(secret) })
    expect(second.status, JSON.stringify(second.body)).toBe(200)
    expect((await browser.get('/v1/default/group')).status).toBe(200)
  })
})
