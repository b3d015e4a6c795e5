import { beforeAll, describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { Browser, becomes401, newUser, password, signedIn, type TestUser } from '../../../test/users.ts'

const platform = usePlatform()
let account: TestAccount
let person: TestUser

beforeAll(async () => {
  account = await platform.newAccount()
  person = await newUser(platform, account, ['fleet:read'])
})

describe('a password', () => {
  test('is changed by whoever knows it; every other session ends', async () => {
    const changing = await newUser(platform, account)
    const { browser: other } = await signedIn(platform, changing)
    const { browser } = changing
    const change = (currentPassword: string, newPassword: string) =>
      browser.post('/auth/password', { currentPassword, newPassword })
    expect((await change('wrong', 'a new one for me')).body.errors[0].path).toBe('/currentPassword')
    expect((await change(password, password)).body.message).toContain('last five')
    const before = browser.cookies.get('mason_session')
    expect((await change(password, 'a new one for me')).status).toBe(200)
    expect(browser.cookies.get('mason_session')).not.toBe(before)
    expect((await browser.get('/auth/session')).status).toBe(200)
    await becomes401(other)
    expect((await new Browser(platform.url).signIn(changing.email, password)).status).toBe(401)
    expect((await change('a new one for me', password)).body.message).toContain('last five')
  })

  test.each(['short', 'password1', 'Iloveyou', 'aaaaaaaaaa', 'x'.repeat(201)])('%s is refused', async (weak) => {
    const answer = await person.browser.post('/auth/password', { currentPassword: password, newPassword: weak })
    expect(answer.status).toBe(400)
    expect(answer.body.errors[0].path).toBe('/newPassword')
  })

  test('is the same however its letters are composed', async () => {
    const composed = await newUser(platform, account)
    const { browser } = composed
    await browser.post('/auth/password', { currentPassword: password, newPassword: 'Gr\u00fc\u00dfe aus K\u00f6ln' })
    await signedIn(platform, composed, 'Gru\u0308\u00dfe aus Ko\u0308ln')
  })

  test('changed twice at once is changed once', async () => {
    const changing = await newUser(platform, account)
    const answers = await Promise.all(
      ['the first new one', 'the second new one'].map((newPassword) =>
        changing.browser.post('/auth/password', { currentPassword: password, newPassword }),
      ),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409])
  })

  test('that is wrong is refused as an unknown address is', async () => {
    const browser = new Browser(platform.url)
    const [wrong, unknown] = [
      await browser.signIn(person.email, 'not the password'),
      await browser.signIn('nobody@example.com', 'not the password'),
    ]
    expect([wrong.status, unknown.status]).toEqual([401, 401])
    expect(wrong.body.message).toBe(unknown.body.message)
    expect(browser.cookies.size).toBe(0)
  })
})
