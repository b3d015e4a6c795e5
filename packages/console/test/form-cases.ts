import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { createArtifact } from '@mason/contract/artifact'
import { changePassword, enrollTotp } from '@mason/contract/auth'
import { createDeployment, updateDeployment } from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment } from '@mason/contract/enrollment'
import { createGroup, deleteGroup, updateGroup } from '@mason/contract/group'
import { cancelBatch, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { createProject } from '@mason/contract/project'
import type { Route } from '@mason/contract/route'
import { importSims, putMarker, registerSim, updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import { inviteUser, updateUser } from '@mason/contract/user'
import type { Locator, Page } from 'playwright-core'
import { makeApk } from '../../server/test/apk/make.ts'
import type { Furnished } from './every-page.ts'

/** A form of the Controller, and how somebody comes to it. */
export interface FormCase {
  /** Its file in `src`. */
  source: string
  about: string
  at: (things: Furnished) => string
  /** Opens the dialog; without it the form is a part of the page. */
  open?: (page: Page, things: Furnished) => Promise<void>
  fill: (form: Locator, page: Page, things: Furnished) => Promise<void>
  submit: string | RegExp
  /** What is sent. */
  route: Route
}

const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click()
const choose = (menu: string | RegExp, item: string) => async (page: Page) => {
  await page.getByRole('button', { name: menu }).first().click()
  await page.getByRole('menuitem', { name: item }).click()
}
const type = (label: string, text: string) => (form: Locator) => form.getByLabel(label, { exact: true }).fill(text)
/** There is nothing to type. */
export const nothing = async () => {}

/** Every form that somebody who is signed in can fill in. */
export const formCases: readonly FormCase[] = [
  {
    source: 'groups/group-dialog.tsx',
    about: 'a new group',
    at: () => '/groups',
    open: press('New group'),
    fill: type('Name', 'till-1'),
    submit: 'Create group',
    route: createGroup,
  },
  {
    source: 'groups/group-dialog.tsx',
    about: 'what a group is for',
    at: ({ group }) => `/groups/${group}`,
    open: press('Describe'),
    fill: type('Purpose', 'Screens'),
    submit: 'Save',
    route: updateGroup,
  },
  {
    source: 'groups/group-page.tsx',
    about: 'deleting a group',
    at: () => '/groups/spare',
    open: choose('More actions', 'Delete the group'),
    fill: nothing,
    submit: 'Delete group',
    route: deleteGroup,
  },
  {
    source: 'deployments/deploy-dialog.tsx',
    about: 'deploying',
    at: ({ app }) => `/artifacts/apk/${app}`,
    open: press('Deploy'),
    fill: async (form, page) => {
      await form.getByRole('combobox', { name: 'To the group' }).click()
      await page.getByRole('option', { name: /^lobby/ }).click()
    },
    submit: 'Deploy',
    route: createDeployment,
  },
  {
    source: 'deployments/deployment-page.tsx',
    about: 'canceling a roll-out',
    at: ({ deployment }) => `/deployments/${deployment}`,
    open: press('Cancel'),
    fill: nothing,
    submit: 'Cancel roll-out',
    route: updateDeployment,
  },
  {
    source: 'commands/command-dialog.tsx',
    about: 'a command to an app',
    at: ({ device }) => `/devices/${device}`,
    open: choose('Command', 'Send to an app'),
    fill: type('JSON for the app', '{"a":1}'),
    submit: 'Send to an app 1 device',
    route: notifyDevice,
  },
  {
    source: 'commands/command-dialog.tsx',
    about: 'a command to a group',
    at: ({ group }) => `/groups/${group}`,
    open: choose('Command', 'Wipe'),
    fill: (form) => form.getByRole('textbox', { name: /^Type wipe/ }).fill('wipe'),
    submit: 'Wipe 1 device',
    route: notifyDevices,
  },
  {
    source: 'commands/batch-page.tsx',
    about: 'canceling a batch',
    at: ({ batch }) => `/commands/batch/${batch}`,
    open: press('Cancel the rest'),
    fill: nothing,
    submit: 'Cancel the rest',
    route: cancelBatch,
  },
  {
    source: 'device/rename-dialog.tsx',
    about: 'renaming a device',
    at: ({ device }) => `/devices/${device}`,
    open: choose('More actions', 'Rename'),
    fill: type('Name', 'lobby-2'),
    submit: 'Rename',
    route: updateDevice,
  },
  {
    source: 'devices/move-dialog.tsx',
    about: 'moving a device',
    at: ({ device }) => `/devices/${device}`,
    open: choose('More actions', 'Move to a group'),
    fill: async (form, page) => {
      await form.getByRole('combobox', { name: 'To the group' }).click()
      await page.getByRole('option', { name: /^spare/ }).click()
    },
    submit: 'Move',
    route: updateDevice,
  },
  {
    source: 'device/device-actions.tsx',
    about: 'de-provisioning a device',
    at: ({ device }) => `/devices/${device}`,
    open: choose('More actions', 'De-provision'),
    fill: (form) => form.getByRole('textbox', { name: /^Type/ }).fill('lobby-1'),
    submit: 'De-provision',
    route: deleteDevice,
  },
  {
    source: 'enrolment/new-token-dialog.tsx',
    about: 'a new token',
    at: () => '/enrolment',
    open: press('New token'),
    fill: type('What is it for?', 'Tills'),
    submit: 'Create token',
    route: createEnrollment,
  },
  {
    source: 'enrolment/enrolment-page.tsx',
    about: 'deleting a token',
    at: () => '/enrolment',
    open: press('Delete the token The front desk'),
    fill: nothing,
    submit: 'Delete token',
    route: deleteEnrollment,
  },
  {
    source: 'keys/new-key-dialog.tsx',
    about: 'a new key',
    at: () => '/keys',
    open: press('New key'),
    fill: async (form) => {
      await type('What is it for?', 'Report')(form)
      await form.getByRole('checkbox', { name: 'fleet:read' }).check()
    },
    submit: 'Create key',
    route: createApiKey,
  },
  {
    source: 'keys/keys-page.tsx',
    about: 'deleting a key',
    at: () => '/keys',
    open: press('Delete the key Nightly report'),
    fill: nothing,
    submit: 'Delete key',
    route: deleteApiKey,
  },
  {
    source: 'users/invite-dialog.tsx',
    about: 'an invitation',
    at: () => '/users',
    open: press('Invite'),
    fill: async (form) => {
      await type('E-mail', 'edsger@example.com')(form)
      await form.getByLabel('Chosen one by one').check()
    },
    submit: 'Invite',
    route: inviteUser,
  },
  {
    source: 'users/scopes-dialog.tsx',
    about: 'what a user may do',
    at: () => '/users',
    open: (page, { invited }) => choose(`Actions for ${invited}`, 'Name and scopes')(page),
    fill: type('Name', 'Grace'),
    submit: 'Save',
    route: updateUser,
  },
  {
    source: 'users/user-confirm.tsx',
    about: 'disabling a user',
    at: () => '/users',
    open: (page, { invited }) => choose(`Actions for ${invited}`, 'Disable')(page),
    fill: nothing,
    submit: 'Disable',
    route: updateUser,
  },
  {
    source: 'sims/register-dialog.tsx',
    about: 'registering a SIM',
    at: () => '/sims',
    open: press('Register'),
    fill: type('ICCID', '8988303000000614232'),
    submit: 'Register',
    route: registerSim,
  },
  {
    source: 'sims/import-dialog.tsx',
    about: 'importing SIMs',
    at: () => '/sims',
    open: press('Import'),
    fill: (form) =>
      form
        .locator('input[type=file]')
        .setInputFiles({ name: 'sims.csv', mimeType: 'text/csv', buffer: Buffer.from('iccid\n') }),
    submit: 'Import',
    route: importSims,
  },
  {
    source: 'sims/limit-dialog.tsx',
    about: 'the limit of a SIM',
    at: ({ iccid }) => `/sims/${iccid}`,
    open: press('Limit'),
    fill: type('Megabytes', '50'),
    submit: 'Set the limit',
    route: updateSim,
  },
  {
    source: 'sims/sim-dialog.tsx',
    about: 'the name of a SIM',
    at: ({ iccid }) => `/sims/${iccid}`,
    open: choose('More actions', 'Name and IMEI lock'),
    fill: type('Name', 'Till 12'),
    submit: 'Save',
    route: updateSim,
  },
  {
    source: 'sims/sim-actions.tsx',
    about: 'deactivating a SIM',
    at: ({ iccid }) => `/sims/${iccid}`,
    open: choose('More actions', 'Deactivate for good'),
    fill: (form) => form.getByRole('textbox', { name: /^Type/ }).fill('deactivate'),
    submit: /^Deactivate/,
    route: updateSim,
  },
  {
    source: 'projects/new-project-dialog.tsx',
    about: 'a new project',
    at: () => '/projects',
    open: press('New project'),
    fill: type('Name', 'warehouse'),
    submit: 'Create project',
    route: createProject,
  },
  {
    source: 'artifacts/upload-dialog.tsx',
    about: 'an upload',
    at: () => '/artifacts',
    open: press('Upload'),
    fill: (form) =>
      form.locator('input[type=file]').setInputFiles({
        name: 'app.apk',
        mimeType: 'application/octet-stream',
        buffer: makeApk({ packageName: 'com.example.new', versionCode: 1 }),
      }),
    submit: 'Upload',
    route: createArtifact,
  },
  {
    source: 'overview/owner-dialog.tsx',
    about: 'the first owner',
    at: () => '/',
    open: press('Set up'),
    fill: async (form) => {
      await type('Your name', 'Ada')(form)
      await type('Printed password', 'one that is long')(form)
      await type('New password', 'another that is long')(form)
    },
    submit: 'Save',
    route: changePassword,
  },
  {
    source: 'plan/subscription-form.tsx',
    about: 'the plan',
    at: () => '/plan',
    fill: (form) => form.getByLabel('Pool of a fixed size').check(),
    submit: 'Save',
    route: changeSubscription,
  },
  {
    source: 'profile/password-panel.tsx',
    about: 'a new password',
    at: () => '/profile',
    fill: async (form) => {
      await type('Current password', 'one that is long')(form)
      await type('New password', 'another that is long')(form)
    },
    submit: 'Change password',
    route: changePassword,
  },
  {
    source: 'session/totp-enrolment.tsx',
    about: 'a second factor',
    at: () => '/profile',
    fill: type('Your password', 'one that is long'),
    submit: 'Set up an authenticator app',
    route: enrollTotp,
  },
  {
    source: 'sims/markers-panel.tsx',
    about: 'a marker',
    at: ({ iccid }) => `/sims/${iccid}`,
    fill: async (form) => {
      await type('Key', 'site')(form)
      await type('Value', 'pier-4')(form)
    },
    submit: 'Set',
    route: putMarker,
  },
]

/** Forms that are seen by somebody else than the owner of a furnished account or only after another one, and one that only filters. */
export const formsElsewhere = [
  'usage/marker-usage.tsx',
  'profile/second-factor-panel.tsx',
  'session/link-page.tsx',
  'session/second-step.tsx',
  'session/password-form.tsx',
]
