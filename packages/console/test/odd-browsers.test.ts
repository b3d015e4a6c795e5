import { beforeAll, expect, test } from 'vitest'
import { newUser, password } from '../../server/test/users.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { everyPage, type Furnished, furnish, visit } from './every-page.ts'

const controller = consoleUnderTest()
let furnished: Furnished
beforeAll(async () => {
  furnished = await furnish(controller.platform, controller.account)
})

/** A browser that tells an odd language, keeps nothing, and draws nothing in three dimensions. */
function makeOdd({ language, keepsNothing }: { language: string; keepsNothing: boolean }) {
  Object.defineProperty(Navigator.prototype, 'language', { get: () => language })
  Object.defineProperty(Navigator.prototype, 'languages', { get: () => [language] })
  const refuse = () => {
    throw new DOMException('The operation is insecure', 'SecurityError')
  }
  if (keepsNothing)
    for (const storage of ['localStorage', 'sessionStorage', 'indexedDB', 'caches'])
      Object.defineProperty(globalThis, storage, { get: refuse })
  else Storage.prototype.setItem = refuse
  const getContext = HTMLCanvasElement.prototype.getContext
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement, kind: string, ...rest: unknown[]) {
    return kind.startsWith('webgl') ? null : Reflect.apply(getContext, this, [kind, ...rest])
  } as typeof getContext
}

test.each([
  { language: 'en-US@posix', timezoneId: 'Pacific/Kiritimati', keepsNothing: true },
  { language: 'ar-EG', timezoneId: 'America/St_Johns', keepsNothing: false },
])('every page works in a browser of $language, $timezoneId', async ({ timezoneId, ...odd }) => {
  const { email } = await newUser(controller.platform, controller.account, ['account:owner'])
  const { page, faults } = await openPage(controller.browser, controller.platform.url, { timezoneId })
  await page.addInitScript(makeOdd, odd)
  await signIn(page, email, password)
  for (const address of everyPage(furnished)) {
    await visit(page, address)
    const title = await page.getByRole('heading', { level: 1 }).innerText()
    expect(title, address).not.toBe('Something went wrong')
  }
  expect(faults).toEqual([])
  await page.context().close()
})
