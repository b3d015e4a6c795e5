import type { Page } from 'playwright-core'
import type { Furnished } from './every-page.ts'
import { selectAll } from './form-case.ts'

/** A menu: its file in `src`, where it is, the button that opens it, and what has to be done before. */
export type Menu = [
  source: string,
  address: string,
  button: string | RegExp,
  prepare?: (page: Page) => Promise<unknown>,
]

export const everyMenu = ({ device, group, spare, iccid, invited, webhook, carrier, schedule }: Furnished): Menu[] => [
  ['shell/user-menu.tsx', '/', /· live|not live/],
  ['commands/command-menu.tsx', `/devices/${device}`, 'Command'],
  ['device/device-actions.tsx', `/devices/${device}`, 'More actions'],
  ['devices/column-menu.tsx', '/devices', 'Columns'],
  ['devices/selection-bar.tsx', '/devices', 'Change', selectAll],
  ['commands/command-menu.tsx', `/groups/${group}`, 'Command'],
  ['groups/group-page.tsx', `/groups/${spare}`, 'More actions'],
  ['alerts/rule-row.tsx', '/alerts/rules', 'More actions'],
  ['sims/selection-bar.tsx', '/sims', /^State$/, selectAll],
  ['sims/sim-actions.tsx', `/sims/${iccid}`, 'More actions'],
  ['users/users-page.tsx', '/users', `Actions for ${invited}`],
  ['schedules/schedule-page.tsx', `/schedules/${schedule}`, 'More actions'],
  ['carriers/carrier-actions.tsx', `/carriers/${carrier}`, 'More actions'],
  ['webhooks/webhook-actions.tsx', `/webhooks/${webhook}`, 'More actions'],
]

/** Opens a menu of the page. */
export async function openMenu(page: Page, name: string | RegExp) {
  const button = page.getByRole('button', { name }).first()
  await button.click()
  await page.getByRole('menu').or(page.getByRole('dialog')).first().waitFor()
  return button
}
