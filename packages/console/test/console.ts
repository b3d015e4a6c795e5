import type { Scope } from '@mason/contract/scopes'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, expect } from 'vitest'
import { type TestAccount, usePlatform } from '../../server/test/harness.ts'
import { newUser, password } from '../../server/test/users.ts'
import { openPage, signIn, startBrowser } from './browser.ts'

/**
 * A real server, an account and a browser for the tests of one file.
 *
 * @param mailedTo see newUser.
 */
export function consoleUnderTest(
  environment: Record<string, string> = {},
  mailedTo?: (email: string) => Promise<string>,
) {
  const platform = usePlatform(environment)
  const state = {} as { account: TestAccount; browser: Browser }
  beforeAll(async () => {
    state.account = await platform.newAccount({ isOperator: true })
    state.browser = await startBrowser()
  })
  afterAll(() => state.browser?.close())
  return {
    platform,
    get account() {
      return state.account
    },
    get browser() {
      return state.browser
    },
    /**
     * Signs somebody in who holds these scopes, restricted to groups if any are given; when the work is done, nothing must have
     * gone wrong in the page.
     */
    async as(scopes: readonly Scope[], work: (page: Page) => Promise<void>, groups?: string[]): Promise<void> {
      const { email } = await newUser(platform, state.account, scopes, groups, mailedTo)
      const { page, faults } = await openPage(state.browser, platform.url)
      try {
        await signIn(page, email, password)
        await work(page)
        expect(faults).toEqual([])
      } finally {
        await page.context().close()
      }
    },
  }
}
