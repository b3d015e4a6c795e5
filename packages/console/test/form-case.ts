import type { Route } from '@mason/contract/route'
import type { Locator, Page } from 'playwright-core'
import type { Furnished } from './every-page.ts'

/** A form of the Controller, and how somebody comes to it. */
export interface FormCase {
  /** Its file in `src`. */
  source: string
  about: string
  /** Another use of a form that has a case already. */
  isSameForm?: true
  /** In the menu, which is a dialog on a phone. */
  isInMenu?: true
  at: (things: Furnished) => string
  /** Brings a part of the page to where the form is. */
  before?: (page: Page) => Promise<void>
  /** Opens the dialog; without it the form is a part of the page. */
  open?: (page: Page, things: Furnished) => Promise<void>
  fill: (form: Locator, page: Page, things: Furnished) => Promise<void>
  submit: string | RegExp
  /** What is sent. */
  route: Route
}

export const selectAll = (page: Page) => page.getByLabel('Select all shown').check()
export const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()
export const choose = (menu: string | RegExp, item: string) => async (page: Page) => {
  await page.getByRole('button', { name: menu }).first().click()
  await page.getByRole('menuitem', { name: item }).click()
}
export const type = (label: string, text: string) => (form: Locator) =>
  form.getByLabel(label, { exact: true }).fill(text)
/** There is nothing to type. */
export const nothing = async () => {}
