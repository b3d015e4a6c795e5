import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { updateAlert } from '@mason/contract/alert'
import { updateAlertRule } from '@mason/contract/alert-rule'
import { revokeSession } from '@mason/contract/auth'
import { syncCarrier, testCarrier } from '@mason/contract/carrier'
import { updateDeployment } from '@mason/contract/deployment'
import { updateDevice } from '@mason/contract/device'
import { createExport } from '@mason/contract/export'
import { createBuild } from '@mason/contract/project'
import type { Route } from '@mason/contract/route'
import { updateSchedule } from '@mason/contract/schedule'
import { deleteMarker } from '@mason/contract/sim'
import { updateAccount } from '@mason/contract/user'
import { replayWebhookDelivery, testWebhook, updateWebhook } from '@mason/contract/webhook'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { registerConfig } from '../../server/test/artifacts.ts'
import { newDevice } from '../../server/test/factories.ts'
import { newUser, password } from '../../server/test/users.ts'
import { axeFaultsInBoth } from './accessibility.ts'
import { actsOnce } from './acts-once.ts'
import { openPage, signIn } from './browser.ts'
import { consoleUnderTest } from './console.ts'
import { type Furnished, furnish, visit } from './every-page.ts'
import { gateOf } from './refusals.ts'

const controller = consoleUnderTest()
let things: Furnished
let copied: string
let page: Page
beforeAll(async () => {
  const { platform, account } = controller
  things = await furnish(platform, account)
  await registerConfig(account, `os:\n  name: ${things.project}\n  version: 2\napps: []\n`)
  const device = await newDevice(platform, account, { name: 'copied-1' })
  copied = device.id
  for (const bootId of ['boot-1', 'boot-2', 'boot-1']) await device.checkIn({ bootId })
  const { email } = await newUser(platform, account, ['account:owner'])
  page = (await openPage(controller.browser, platform.url)).page
  await signIn(page, email, password)
}, 120_000)
afterAll(() => page?.context().close())

/** A button that does something by itself, and where it is. */
interface ActionCase {
  /** Its file in `src`. */
  source: string
  button: string
  at: (things: Furnished) => string
  route: Route
  /** What it says when it fails. */
  failure: string
  prepare?: (things: Furnished) => Promise<unknown>
}

const change = (state: 'paused' | 'running') => (rollOut: Furnished) =>
  controller.account.call(updateDeployment, { id: rollOut.deployment, state })

const actions: readonly ActionCase[] = [
  {
    source: 'deployments/deployment-page.tsx',
    button: 'Pause',
    at: ({ deployment }) => `/deployments/${deployment}`,
    route: updateDeployment,
    failure: 'Roll-out not changed',
  },
  {
    source: 'deployments/deployment-page.tsx',
    button: 'Resume',
    at: ({ deployment }) => `/deployments/${deployment}`,
    route: updateDeployment,
    failure: 'Roll-out not changed',
    prepare: change('paused'),
  },
  {
    source: 'device/device-alerts.tsx',
    button: 'Clear conflict',
    at: () => `/devices/${copied}`,
    route: updateDevice,
    failure: 'Conflict not cleared',
  },
  {
    source: 'alerts/alert-row.tsx',
    button: 'Acknowledge',
    at: () => '/alerts',
    route: updateAlert,
    failure: 'Alert not acknowledged',
  },
  {
    source: 'alerts/rule-row.tsx',
    button: 'Enable',
    at: () => '/alerts/rules',
    route: updateAlertRule,
    failure: 'Rule not changed',
  },
  {
    source: 'exports/export-button.tsx',
    button: 'CSV',
    at: () => '/devices',
    route: createExport,
    failure: 'Export not started',
  },
  {
    source: 'projects/project-page.tsx',
    button: 'Build',
    at: ({ project }) => `/projects/${project}`,
    route: createBuild,
    failure: 'Build not started',
  },
  {
    source: 'ui/pair-panel.tsx',
    button: 'Remove the marker customer',
    at: ({ iccid }) => `/sims/${iccid}`,
    route: deleteMarker,
    failure: 'Marker not removed',
  },
  {
    source: 'schedules/schedule-page.tsx',
    button: 'Disable',
    at: ({ schedule }) => `/schedules/${schedule}`,
    route: updateSchedule,
    failure: 'Schedule not changed',
  },
  {
    source: 'carriers/carrier-actions.tsx',
    button: 'Sync now',
    at: ({ carrier }) => `/carriers/${carrier}`,
    route: syncCarrier,
    failure: 'Sync not started',
  },
  {
    source: 'carriers/carrier-actions.tsx',
    button: 'Test',
    at: ({ carrier }) => `/carriers/${carrier}`,
    route: testCarrier,
    failure: 'Not tested',
  },
  {
    source: 'webhooks/webhook-actions.tsx',
    button: 'Send test',
    at: ({ webhook }) => `/webhooks/${webhook}`,
    route: testWebhook,
    failure: 'Test not sent',
  },
  {
    source: 'webhooks/webhook-actions.tsx',
    button: 'Disable',
    at: ({ webhook }) => `/webhooks/${webhook}`,
    route: updateWebhook,
    failure: 'Webhook not changed',
  },
  {
    source: 'webhooks/delivery-list.tsx',
    button: 'Deliver again',
    at: ({ webhook }) => `/webhooks/${webhook}`,
    route: replayWebhookDelivery,
    failure: 'Not delivered again',
  },
  {
    source: 'ui/pair-panel.tsx',
    button: 'Remove the label store',
    at: ({ device }) => `/devices/${device}`,
    route: updateDevice,
    failure: 'Label not removed',
    prepare: ({ device }) => controller.account.call(updateDevice, { id: device, labels: { store: '12' } }),
  },
  {
    source: 'xray/rules-panel.tsx',
    button: 'Require a reason',
    at: () => '/xray',
    route: updateAccount,
    failure: 'Rule not changed',
  },
  {
    source: 'profile/sessions-panel.tsx',
    button: 'End session',
    at: () => '/profile',
    route: revokeSession,
    failure: 'Session not ended',
  },
]

/** Signing out, which leaves the page; and what is there only while a device is reached over X-Ray (xray.test.ts). */
const actionsElsewhere = [
  'session/second-step.tsx',
  'shell/user-menu.tsx',
  'xray/banner.tsx',
  'xray/end-session.tsx',
  'xray/on-device.tsx',
]

const source = path.resolve(import.meta.dirname, '../src')

test('every button that does something by itself is among those that are tried here', () => {
  const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
  const written = (word: RegExp) => files.filter((file) => word.test(readFileSync(path.join(source, file), 'utf8')))
  const tried = [...actions.map((one) => one.source), ...actionsElsewhere, 'api/action.ts', 'ui/action-button.tsx']
  expect(written(/<(ActionButton|IconAction)\b|\buseAction\(/).filter((file) => !tried.includes(file))).toEqual([])
  expect(written(/\buseMutation\(/), 'what changes something goes through one place').toEqual(['api/submission.ts'])
})

test.each(actions)('$button ($source) acts once, and says why it fails', async ({ button: name, ...action }) => {
  await action.prepare?.(things)
  await page.unrouteAll({ behavior: 'ignoreErrors' })
  const gate = await gateOf(page, action.route)
  await visit(page, action.at(things))
  const button = page.getByRole('button', { name, exact: true }).first()
  await button.waitFor()
  const said = page.getByRole('alert')
  await actsOnce({ button, gate, said, isKeyed: action.route.method === 'POST' })
  await said.getByText(action.failure).first().waitFor()
  expect(await axeFaultsInBoth(page)).toEqual([])
})
