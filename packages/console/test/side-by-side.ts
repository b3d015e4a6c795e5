import { listEvents } from '@mason/contract/event'
import type { BrowserContext, Page, Request } from 'playwright-core'
import { afterEach, beforeAll, expect, onTestFinished } from 'vitest'
import { eventually } from '../../server/test/eventually.ts'
import type { Platform, TestAccount } from '../../server/test/harness.ts'
import { newUser, password } from '../../server/test/users.ts'
import { endOfEvents } from '../src/api/list-ends.ts'
import { openPage, signIn } from './browser.ts'
import type { consoleUnderTest } from './console.ts'
import { type Furnished, furnish, visit } from './every-page.ts'

/** After a change, by the clock of the pages. */
const agreesWithinMs = 2000
/** Of these, so long it may take until the server has told of an event. */
const servedWithinMs = 250
/** The clock goes on by so much before what was asked for meanwhile is answered: no read seems a slow one, which rests longer. */
const stepMs = 250
/** And so many turns the pages get to draw what they have read. */
const drawingMs = 200

/** Pages of a furnished account beside each other, and what each says after a change. */
export function pagesSideBySide(controller: ReturnType<typeof consoleUnderTest>) {
  const state = {} as { things: Furnished; session: Awaited<ReturnType<BrowserContext['storageState']>> }
  let context: BrowserContext | undefined

  beforeAll(async () => {
    const { platform, account, browser } = controller
    state.things = await furnish(platform, account)
    const { email } = await newUser(platform, account, ['account:owner'])
    const { page } = await openPage(browser, platform.url)
    await signIn(page, email, password)
    state.session = await page.context().storageState()
    await page.context().close()
  }, 240_000)
  afterEach(async () => {
    await context?.close()
    context = undefined
  })

  /**
   * Opens these pages in one session, whose clock stands still from then on. At most five: each holds a stream of events, and a
   * browser opens six connections to a server. What they say is read in one part of them.
   */
  async function open<A extends string>(addresses: Record<A, string>, part = '#main') {
    const { browser, platform, account } = controller
    const told = await follow(platform, account)
    const opened = await browser.newContext({ baseURL: platform.url, storageState: state.session })
    context = opened
    await opened.clock.install()
    const asked = new Set<Request>()
    opened.on('request', (request) => {
      if (request.resourceType() === 'fetch' && !request.url().includes('/event/stream')) asked.add(request)
    })
    const answered = (request: Request) => asked.delete(request)
    opened.on('requestfinished', answered).on('requestfailed', answered)
    const pages = new Map<A, Page>()
    for (const name of Object.keys(addresses) as A[]) {
      const page = await opened.newPage()
      pages.set(name, page)
      await visit(page, addresses[name])
    }
    // Ahead of the clock of each page, and not so far that the stream of events takes the server for silent.
    await opened.clock.pauseAt(Date.now() + 10_000)
    const read = async (page: Page) => (await page.locator(part).innerText()).replaceAll(/\s+/g, ' ')
    /**
     * Expects that each page says its words, and, where they are taken back, no longer says them, before its clock has gone on by two
     * seconds. What server and browser take for their work does not count, for that is the machine's.
     */
    const agree = async (what: string, said: Partial<Record<A, Words>>, unsaid: Partial<Record<A, string>> = {}) => {
      await told()
      const wrong = async () => {
        const texts = await Promise.all([...pages].map(async ([name, page]) => [name, await read(page)] as const))
        return texts.filter(([name, text]) => !says(text, said[name]) || (name in unsaid && says(text, unsaid[name])))
      }
      for (let leftMs = agreesWithinMs - servedWithinMs - drawingMs; leftMs > 0; leftMs -= stepMs) {
        await opened.clock.runFor(Math.min(leftMs, stepMs))
        await eventually(() => expect(asked.size).toBe(0))
      }
      for (let turn = 0; turn < drawingMs && (await wrong()).length > 0; turn++) {
        await opened.clock.runFor(1)
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      expect(await wrong(), what).toEqual([])
    }
    return { agree, told, pages, clock: opened.clock }
  }

  return {
    open,
    get things() {
      return state.things
    },
  }
}

type Words = string | RegExp

const says = (text: string, words: Words = '') => (typeof words === 'string' ? text.includes(words) : words.test(text))

/** Follows the account's events beside the pages, and returns what waits until the server has told its followers of all of them. */
async function follow(platform: Platform, account: TestAccount): Promise<() => Promise<void>> {
  const stop = new AbortController()
  onTestFinished(() => stop.abort())
  const answer = await platform.fetch('/v1/default/event/stream', { key: account.key, signal: stop.signal })
  let heard = ''
  const listen = async () => {
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) heard += chunk
  }
  listen().catch(() => {})
  const last = async () => (await account.call(listEvents, { before: endOfEvents, limit: 1 })).data.at(-1)?.id ?? ''
  const before = await last()
  return async () => {
    const id = await last()
    if (id !== before) await eventually(() => expect(heard).toContain(`id: ${id}`))
  }
}
