import { randomUUID } from 'node:crypto'
import type { Scope } from '@mason/contract/scopes'
import { inviteUser } from '@mason/contract/user'
import { parseSetCookie } from 'cookie'
import { Secret, TOTP } from 'otpauth'
import { expect } from 'vitest'
import type { TestAccount } from './harness.ts'

export interface BrowserAnswer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read what the answer happens to be
  body: any
}

/** Keeps cookies as a browser does, and says where its requests come from. */
export class Browser {
  readonly baseUrl: string
  readonly cookies = new Map<string, string>()
  /** Sent with every request. */
  headers: Record<string, string> = { 'sec-fetch-site': 'same-origin' }

  constructor(baseUrl: string) {
    this.baseUrl = baseUrl
  }

  /** The same browser at another node. */
  at(baseUrl: string): Browser {
    const other = new Browser(baseUrl)
    for (const [name, value] of this.cookies) other.cookies.set(name, value)
    return other
  }

  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
  }

  async send(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<BrowserAnswer> {
    const answer = await fetch(new URL(path, this.baseUrl), {
      method,
      redirect: 'manual',
      headers: { ...this.headers, ...(this.cookies.size > 0 && { cookie: this.cookie }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    for (const text of answer.headers.getSetCookie()) {
      const { name, value, expires } = parseSetCookie(text)
      if (value && !(expires && expires.getTime() < Date.now())) this.cookies.set(name, value)
      else this.cookies.delete(name)
    }
    const text = await answer.text()
    const isJson = answer.headers.get('content-type')?.startsWith('application/json')
    return { status: answer.status, headers: answer.headers, body: isJson ? JSON.parse(text) : text }
  }

  get = (path: string) => this.send('GET', path)
  post = (path: string, body: unknown = {}) => this.send('POST', path, body)

  signIn = (email: string, password: string) => this.post('/auth/sign-in', { email, password })
}

export const password = 'grey otter in the rain'

/** Somebody who has joined and is signed in. */
export interface TestUser {
  id: string
  email: string
  browser: Browser
}

/**
 * Invites somebody who joins with the usual password.
 *
 * @param mailedTo what has come to an address, where the platform sends mail and so does not answer with the link.
 */
export async function newUser(
  { url }: { url: string },
  account: TestAccount,
  scopes: readonly Scope[] = ['fleet:read'],
  groups?: string[],
  mailedTo?: (email: string) => Promise<string>,
): Promise<TestUser> {
  const email = `${randomUUID()}@example.com`
  const { data } = await account.call(inviteUser, { email, scopes: [...scopes], ...(groups && { groups }) })
  const browser = new Browser(url)
  const link = mailedTo ? /\S+#\S+/.exec(await mailedTo(email))?.[0] : data[0]?.link
  const answer = await browser.post('/auth/link/accept', { token: tokenIn(link), password })
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return { id: data[0]?.id ?? '', email, browser }
}

/** A session that this person has just begun, and the answer that began it. */
export async function signedIn({ url }: { url: string }, { email }: Pick<TestUser, 'email'>, secret = password) {
  const browser = new Browser(url)
  const answer = await browser.signIn(email, secret)
  expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  return { browser, answer }
}

/** Waits until the session of this browser has ended. */
export const becomes401 = (browser: Browser, path = '/auth/session') =>
  expect.poll(async () => (await browser.get(path)).status).toBe(401)

/** The token in a link. */
export const tokenIn = (link: string | undefined) => link?.split('#')[1] ?? ''

/** The code that an authenticator app shows, `ahead` steps from now. */
export const codeOf = (secret: string, ahead = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + ahead * 30_000 })

/** Enrols a second factor with the code of the step before this one, so that the next code is new. */
export async function enrollTotp({ browser }: TestUser): Promise<{ secret: string; recoveryCodes: string[] }> {
  const started = await browser.post('/auth/totp', { password })
  const { secret } = started.body.data[0]
  const confirmed = await browser.post('/auth/totp/confirm', { code: codeOf(secret, -1) })
  expect(confirmed.status, JSON.stringify(confirmed.body)).toBe(200)
  return { secret, recoveryCodes: confirmed.body.data[0].recoveryCodes }
}
