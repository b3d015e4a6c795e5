import type { Route } from '@mason/contract/route'
import { expect } from 'vitest'
import type { Platform, TestAccount } from './harness.ts'
import { uniqueWord } from './unique.ts'
import { Browser, codeOf, enrollTotp, newUser, password, type TestUser } from './users.ts'

const homes = new WeakMap<Platform, Promise<TestAccount>>()

/** The account of users who sign in; another one may come to ask a second factor of everybody. */
function homeOf(platform: Platform): Promise<TestAccount> {
  const known = homes.get(platform) ?? platform.newAccount()
  homes.set(platform, known)
  return known
}

const newHomeUser = async (platform: Platform) => newUser(platform, await homeOf(platform))
const users = new WeakMap<Platform, Promise<TestUser>>()

/** Somebody without a second factor. */
export function plainPerson(platform: Platform): Promise<TestUser> {
  const known = users.get(platform) ?? newHomeUser(platform)
  users.set(platform, known)
  return known
}

export async function signInAgain(platform: Platform, { email }: TestUser): Promise<Browser> {
  // The walk guesses a lot from this address, by chance more than is forgiven.
  await platform.database.pool.query('DELETE FROM guess')
  const browser = new Browser(platform.url)
  expect((await browser.signIn(email, password)).status).toBe(200)
  return browser
}

/** A session, and a body with which a route that takes sessions succeeds by it. */
interface Ready {
  cookie: string
  body?: unknown
}

async function newEnrolled(platform: Platform) {
  const person = await newHomeUser(platform)
  return { person, ...(await enrollTotp(person)) }
}

/** By operationId, for the routes where not every session will do. */
const sessions: Readonly<Record<string, (platform: Platform) => Promise<Ready>>> = {
  signInByTotp: async (platform) => {
    const { person, recoveryCodes } = await newEnrolled(platform)
    return { cookie: (await signInAgain(platform, person)).cookie, body: { code: recoveryCodes[0] } }
  },
  changePassword: async (platform) => ({
    cookie: (await newHomeUser(platform)).browser.cookie,
    body: { currentPassword: password, newPassword: uniqueWord('password') },
  }),
  updatePreferences: async (platform) => ({
    cookie: (await plainPerson(platform)).browser.cookie,
    body: { digest: 'daily' },
  }),
  enrollTotp: async (platform) => ({
    cookie: (await plainPerson(platform)).browser.cookie,
    body: { password },
  }),
  confirmTotp: async (platform) => {
    const { browser } = await newHomeUser(platform)
    const { secret } = (await browser.post('/auth/totp', { password })).body.data[0]
    return { cookie: browser.cookie, body: { code: codeOf(secret) } }
  },
  disableTotp: async (platform) => {
    const { person, recoveryCodes } = await newEnrolled(platform)
    return { cookie: person.browser.cookie, body: { code: recoveryCodes[0] } }
  },
  renewRecoveryCodes: async (platform) => {
    const { person, recoveryCodes } = await newEnrolled(platform)
    return { cookie: person.browser.cookie, body: { code: recoveryCodes[0] } }
  },
}

/** A session by which the route succeeds. */
export async function makeSession(platform: Platform, route: Route): Promise<Ready> {
  const make = sessions[route.schema.operationId]
  return make ? make(platform) : { cookie: (await plainPerson(platform)).browser.cookie }
}
