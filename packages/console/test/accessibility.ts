import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** Every fault of accessibility of what is on the screen, of whatever impact, as lines. */
export async function axeFaults(page: Page, within = 'html'): Promise<string[]> {
  // By the protocol, to which the page's policy does not apply.
  await page.evaluate(axe.source)
  return page.evaluate(async (selector) => {
    // What is still fading in has not its colors yet.
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity)
    await Promise.allSettled(ending.map((animation) => animation.finished))
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run(selector)
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
  }, within)
}

/** The same in light and in dark. */
export async function axeFaultsInBoth(page: Page, within = 'html'): Promise<string[]> {
  const found: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.locator(`[data-mantine-color-scheme=${colorScheme}]`).waitFor()
    found.push(...(await axeFaults(page, within)).map((fault) => `${colorScheme}: ${fault}`))
  }
  return found
}
