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

test('every form is among those that are tried here', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.tsx'))
  const written = (word: RegExp) => files.filter((file) => word.test(readFileSync(path.join(source, file), 'utf8')))
  const made = [
    'ui/cancel-button.tsx',
    'ui/confirm.tsx',
    'ui/form-dialog.tsx',
    'ui/import-dialog.tsx',
    'ui/name-dialog.tsx',
  ]
  const tried = [...formCases.map((one) => one.source), ...formsElsewhere, ...made]
  expect(
    written(/<(FormDialog|ImportDialog|NameDialog|Confirm|form)\b/).filter((file) => !tried.includes(file)),
  ).toEqual([])
  const windows = ['ui/dialog.tsx', 'shell/palette.tsx', 'session/sign-in-again.tsx']
  expect(written(/<Modal\b/).filter((file) => !windows.includes(file))).toEqual([])
})

interface Opened {
  form: Locator
  submit: Locator
  gate: Gate
}

/** Goes to a form as somebody does. */
async function openForm({ at, open, submit, route }: FormCase): Promise<Opened> {
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  await visit(page, at(things))
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
  if (form.open && form.submit === 'Create key') {
    await page.keyboard.press('Escape')
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
