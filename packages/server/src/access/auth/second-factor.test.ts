import { updateAccount, updateUser } from '@mason/contract/user'
import { beforeAll, describe, expect, test } from 'vitest'
import { type TestAccount, usePlatform } from '../../../test/harness.ts'
import { becomes401, codeOf, enrollTotp, newUser, signedIn, type TestUser } from '../../../test/users.ts'

const platform = usePlatform()
let account: TestAccount

beforeAll(async () => {
  account = await platform.newAccount()
})

describe('a second factor', () => {
  let enrolled: TestUser
  let secret: string
  let recoveryCodes: string[]

  beforeAll(async () => {
    enrolled = await newUser(platform, account, ['fleet:read'])
    ;({ secret, recoveryCodes } = await enrollTotp(enrolled))
  })

  test('is asked for, and until then the session is good for nothing else', async () => {
    const { browser, answer } = await signedIn(platform, enrolled)
    expect(answer.body.data[0].state).toBe('totpRequired')
    expect(browser.cookies.has('mason_device')).toBe(false)
    for (const path of ['/v1/default/group', '/auth/sessions', '/userinfo'])
      expect((await browser.get(path)).status, path).toBe(401)
    for (const path of ['/auth/totp', '/auth/totp/confirm', '/auth/totp/disable', '/auth/password'])
      expect((await browser.post(path, { code: codeOf(secret) })).status, path).toBeGreaterThanOrEqual(400)
    const before = browser.cookies.get('mason_session')
    const waiting = browser.at(platform.url)
    const code = codeOf(secret)
    expect((await browser.post('/auth/sign-in/totp', { code })).body.data[0].state).toBe('active')
    expect(browser.cookies.get('mason_session')).not.toBe(before)
    expect((await browser.get('/v1/default/group')).status).toBe(200)
    await becomes401(waiting)
    const again = await signedIn(platform, enrolled)
    expect((await again.browser.post('/auth/sign-in/totp', { code })).status, 'a code works once').toBe(400)
  })

  test('has recovery codes that work once each', async () => {
    const { browser } = await signedIn(platform, enrolled)
    expect((await browser.post('/auth/sign-in/totp', { code: recoveryCodes[0]?.toUpperCase() })).status).toBe(200)
    const again = await signedIn(platform, enrolled)
    expect((await again.browser.post('/auth/sign-in/totp', { code: recoveryCodes[0] })).status).toBe(400)
    const renewed = await browser.post('/auth/totp/recovery-codes', { code: recoveryCodes[1] })
    expect(renewed.body.data[0].recoveryCodes).toHaveLength(10)
    expect((await again.browser.post('/auth/sign-in/totp', { code: recoveryCodes[2] })).status).toBe(400)
    recoveryCodes = renewed.body.data[0].recoveryCodes
  })

  test('of which one code is sent twice at once lets one in', async () => {
    const [a, b] = [await signedIn(platform, enrolled), await signedIn(platform, enrolled)]
    const answers = await Promise.all(
      [a, b].map(({ browser }) => browser.post('/auth/sign-in/totp', { code: recoveryCodes[3] })),
    )
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400])
  })

  test('cannot be guessed: wrong codes are counted', async () => {
    const guessed = await newUser(platform, account)
    await enrollTotp(guessed)
    const { browser } = await signedIn(platform, guessed)
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => browser.post('/auth/sign-in/totp', { code: '000000' })),
    )
    expect(answers.map(({ status }) => status).filter((status) => status === 429)).toHaveLength(2)
  })

  test('is given up with a code, and taken away by an admin', async () => {
    expect((await enrolled.browser.post('/auth/totp/disable', { code: '123' })).status).toBe(400)
    expect((await enrolled.browser.post('/auth/totp/disable', { code: recoveryCodes[5] })).status).toBe(200)
    expect((await signedIn(platform, enrolled)).answer.body.data[0].state).toBe('active')
    await enrollTotp(enrolled)
    await account.call(updateUser, { id: enrolled.id, reset: ['totp'] })
    await becomes401(enrolled.browser)
    expect((await signedIn(platform, enrolled)).answer.body.data[0].state).toBe('active')
  })

  test('can be required of everybody: enrolled at the next sign-in, before anything else', async () => {
    const strict = await platform.newAccount()
    const late = await newUser(platform, strict, ['fleet:read'])
    await strict.call(updateAccount, { totpRequired: true })
    const { browser, answer } = await signedIn(platform, late)
    expect(answer.body.data[0].state).toBe('totpEnrollmentRequired')
    expect((await browser.get('/v1/default/group')).status).toBe(401)
    const { secret: own } = (await browser.post('/auth/totp')).body.data[0]
    expect((await browser.post('/auth/totp/confirm', { code: codeOf(own, -1) })).status).toBe(200)
    expect((await browser.get('/v1/default/group')).status).toBe(200)
    expect((await browser.post('/auth/totp/disable', { code: codeOf(own) })).status).toBe(409)
    const newcomer = await newUser(platform, strict)
    expect((await newcomer.browser.get('/auth/session')).body.data[0].state).toBe('totpEnrollmentRequired')
  })
})
