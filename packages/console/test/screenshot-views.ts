import type { Page } from 'playwright-core'
import { everyMenu, openMenu } from './every-menu.ts'
import { everyPage, type Furnished, isOfThings, placeholders } from './every-page.ts'
import { formCases } from './form-cases.ts'

/** Brings a page to what is to be photographed. */
export type View = (page: Page) => Promise<unknown>

/** `overview` of `/`, `device-apps` of `/devices/device?tab=apps`. An app and its artifact have the same word. */
function nameOf(address: string): string {
  const [path = '', tab] = address.split('?tab=')
  const name = path.startsWith('/apps/') ? 'app' : path.split('/').at(-1) || 'overview'
  return tab ? `${name}-${tab}` : name
}

const slug = (words: string) =>
  words
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')

/** Every page, dialog and menu that a fleet has, by the name of its picture. */
export function viewsOf(things: Furnished | undefined): Record<string, View> {
  const views = new Map<string, View>()
  const add = (name: string, model: string, view: View) => {
    if (things !== undefined || !isOfThings(model)) views.set(name, view)
  }
  const there = things ?? placeholders
  const addresses = everyPage(there)
  for (const [index, model] of everyPage(placeholders).entries())
    add(nameOf(model), model, (page) => page.goto(addresses[index] ?? ''))
  const menus = everyMenu(there)
  for (const [index, [, model, button]] of everyMenu(placeholders).entries())
    add(`menu-${nameOf(model)}-${slug(String(button))}`, model, async (page) => {
      const [, address = '', name = '', prepare] = menus[index] ?? []
      await page.goto(address)
      await prepare?.(page)
      await openMenu(page, name)
    })
  for (const { about, at, open } of formCases)
    if (open)
      add(`dialog-${slug(about)}`, at(placeholders), async (page) => {
        await page.goto(at(there))
        await open(page, there)
      })
  return { ...Object.fromEntries(views), ...inUse, 'sign-in': signedOut }
}

/** What is seen by who is on a device, and whom it was on. */
export const xrayViews = (device: string): Record<string, View> => {
  const onDevice = async (page: Page, tab: string) => {
    await page.goto(`/devices/${device}?tab=xray`)
    await page.getByRole('textbox', { name: 'Reason' }).fill('Ticket 4711: the till prints twice')
    await page.getByRole('button', { name: 'Open a shell and files' }).click()
    await page.getByRole('region', { name: 'X-Ray session' }).waitFor()
    await page.getByRole('tab', { name: tab, exact: true }).click()
  }
  return {
    'xray-shell': async (page) => {
      await onDevice(page, 'Shell')
      await page.getByRole('region', { name: 'Shell 1' }).getByRole('textbox').focus()
      await page.keyboard.type('getprop\n')
    },
    'xray-files': (page) => onDevice(page, 'Files'),
    'xray-logs': (page) => onDevice(page, 'Logs'),
    'xray-capture': (page) => onDevice(page, 'Screenshot and bug report'),
    'xray-sessions': (page) => page.goto('/xray'),
  }
}

/** What is seen only by who has done something. */
const inUse: Record<string, View> = {
  'devices-selected': async (page) => {
    await page.goto('/devices')
    for (const index of [1, 2, 3]) await page.getByRole('checkbox').nth(index).check()
  },
  usage: (page) => page.goto('/usage?marker=customer'),
  'new-token': async (page) => {
    await page.goto('/enrollment')
    await page.getByRole('button', { name: 'New token' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Create token' }).click()
    await page.locator('pre', { hasText: /^enroll_/ }).waitFor()
  },
  'new-tablet': async (page) => {
    await page.goto('/enrollment')
    await page.getByRole('button', { name: 'New token' }).click()
    const form = page.getByRole('dialog')
    await form.getByRole('combobox', { name: 'What kind of device is it?' }).click()
    await page.getByRole('option', { name: 'An Android tablet or phone that you bought' }).click()
    await form.getByRole('combobox', { name: 'Where the device downloads the agent' }).click()
    await page.getByRole('option', { name: 'From a URL' }).click()
    await form.getByLabel('URL of the APK').fill('https://files.example.com/hmdm-6.36-os.apk')
    await form.getByLabel(/SHA-256/).fill('A'.repeat(43))
    await form.getByRole('button', { name: 'Create token' }).click()
    await page.getByRole('img', { name: 'QR code for Android device set-up' }).waitFor()
  },
  'new-carrier': async (page) => {
    await page.goto('/carriers')
    await page.getByRole('button', { name: 'Connect a carrier' }).click()
    const form = page.getByRole('dialog')
    await form.getByRole('combobox', { name: 'Carrier' }).click()
    await page.getByRole('option', { name: '1NCE' }).click()
    await form.getByLabel('Name', { exact: true }).fill('1nce-europe')
    await form.getByLabel('User name').fill('api-user')
    await form.getByLabel('Password', { exact: true }).fill('password')
  },
  'new-key': async (page) => {
    await page.goto('/keys')
    await page.getByRole('button', { name: 'New key' }).click()
    await page.getByRole('checkbox', { name: 'fleet:manager' }).check()
  },
  'find-anything': async (page) => {
    await page.goto('/')
    await page.getByRole('button', { name: 'Find anything' }).click()
    await page.getByLabel('Name, number or page').fill('e')
  },
}

const signedOut: View = async (page) => {
  await page.context().clearCookies()
  await page.goto('/sign-in')
}
