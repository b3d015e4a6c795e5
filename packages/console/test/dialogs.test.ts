import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newUser, password } from '../../server/test/users.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { actsOnce } from './acts-once.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { type Furnished, furnish, visit } from './every-page.ts'
import { type FormCase, nothing } from './form-case.ts'
import { formCases, formsElsewhere } from './form-cases.ts'
import { type Gate, gateOf, pathsOf, refuseWith } from './refusals.ts'

const controller = consoleUnderTest()
let things: Furnished
let page: Page
beforeAll(async () => {
  things = await furnish(controller.platform, controller.account)
  const { email } = await newUser(controller.platform, controller.account, ['account:owner'])
  const opened = await openPage(controller.browser, controller.platform.url)
  page = opened.page
  await signIn(page, email, password)
}, 120_000)
afterAll(() => page?.context().close())

const source = path.resolve(import.meta.dirname, '../src')

/** How often each file of the Controller has one of these elements, where it has any. */
function written(elements: string): Record<string, number> {
  const element = new RegExp(`<(${elements})\\b`, 'g')
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'))
  const counts = files.map((file) => [file, readFileSync(path.join(source, file), 'utf8').match(element)?.length ?? 0])
  return Object.fromEntries(counts.filter(([, count]) => count))
}

test('every form is among those that are tried here', () => {
  /** What other forms are made of. */
  const made = ['cancel-button', 'confirm', 'form-dialog', 'import-dialog', 'name-dialog', 'pair-panel'].map(
    (name) => `ui/${name}.tsx`,
  )
  const forms = written('FormDialog|ImportDialog|NameDialog|CancelButton|Confirm|BulkDialog|PairPanel|form')
  for (const file of [...made, 'jobs/bulk-dialog.tsx', ...formsElsewhere]) delete forms[file]
  const tried: Record<string, number> = {}
  for (const { source, isSameForm } of formCases) if (!isSameForm) tried[source] = (tried[source] ?? 0) + 1
  expect(forms).toEqual(tried)
})

test('every window is among those that tests look at, in light and in dark', () => {
  expect(Object.keys(written('Modal\\.Root|Drawer\\.Root|Dialog|ShownOnce')).sort()).toEqual([
    'keys/new-key.tsx', // shown-once.test.ts
    'session/sign-in-again.tsx', // interruptions.test.ts
    'shell/mobile-menu.tsx', // menus.test.ts
    'shell/palette.tsx', // menus.test.ts
    'ui/dialog.tsx',
    'ui/form-dialog.tsx', // here
    'ui/shown-once.tsx',
    'users/link-dialog.tsx', // shown-once.test.ts
    'webhooks/new-secret.tsx', // shown-once.test.ts
    'xray/replay-dialog.tsx', // xray.test.ts
  ])
})

interface Opened {
  form: Locator
  submit: Locator
  gate: Gate
}

/** Goes to a form as somebody does. */
async function openForm({ at, before, open, submit, route }: FormCase): Promise<Opened> {
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await visit(page, at(things))
  await before?.(page)
  const gate = await gateOf(page, route)
  await open?.(page, things)
  const exact = typeof submit === 'string'
  const form = open
    ? page.getByRole('dialog')
    : page.locator('form', { has: page.getByRole('button', { name: submit, exact }) })
  await form.waitFor()
  return { form, submit: form.getByRole('button', { name: submit, exact }), gate }
}

test.each(formCases)('$about ($source) fails in plain sight, acts once, and keeps what was typed', async (form) => {
  const opened = await openForm(form)
  const { form: shown } = opened
  if (form.open) expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
  await form.fill(shown, page, things)
  if (form.open && form.fill !== nothing) await triesToLose(shown)
  // Ingest takes no key, and an upload begins anew.
  const isKeyed =
    form.route.method === 'POST' &&
    !['sims/import-sims-dialog.tsx', 'devices/import-devices-dialog.tsx', 'artifacts/upload-dialog.tsx'].includes(
      form.source,
    )
  await actsOnce({ button: opened.submit, gate: opened.gate, said: shown, isKeyed })
  const errors = pathsOf(form.route).map((at, index) => ({ path: at, message: `fault ${index} of these` }))
  await failsWith(opened, 400, { message: 'refused', errors })
  if (form.open) {
    // With all that it can say at once.
    if (form.fill !== nothing) await page.keyboard.press('Escape')
    expect(await axeFaultsInBoth(page, '[role=dialog]')).toEqual([])
  }
  await failsWith(opened, 400, { message: 'refused', errors: errors.slice(1, 2) })
  for (const status of [400, 403, 404, 429, 500, 503]) await failsWith(opened, status, { message: `Code ${status}` })
  if (!form.open) return
  await page.keyboard.press('Escape')
  if (form.fill !== nothing) await shown.getByRole('button', { name: 'Discard' }).click()
  await shown.waitFor({ state: 'detached' })
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).toBe('BUTTON')
})

/** Escape and a click beside a dialog throw away nothing that was typed. */
async function triesToLose(dialog: Locator): Promise<void> {
  const typed = await valuesOf(dialog)
  const question = dialog.getByText('You have unsaved changes')
  await page.keyboard.press('Escape')
  await question.waitFor()
  await dialog.getByRole('button', { name: 'Keep editing' }).click()
  await question.waitFor({ state: 'detached' })
  await page.mouse.click(4, 4)
  await question.waitFor()
  expect(await valuesOf(dialog)).toEqual(typed)
}

const valuesOf = (form: Locator) =>
  form.locator('input, textarea').evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value))

/** Whatever is wrong with a form, it says so, and can be sent again. */
async function failsWith(opened: Opened, status: number, body: Parameters<typeof refuseWith>[1]): Promise<void> {
  opened.gate.answer = refuseWith(status, body)
  await opened.submit.click()
  const texts = body.errors?.map(({ message }) => message) ?? [body.message]
  for (const text of texts) await opened.form.getByText(text).first().waitFor()
  await expect.poll(() => opened.submit.isEnabled()).toBe(true)
}
