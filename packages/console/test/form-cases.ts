import { updateAlert } from '@mason/contract/alert'
import { createAlertRule, deleteAlertRule, updateAlertRule } from '@mason/contract/alert-rule'
import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { createArtifact } from '@mason/contract/artifact'
import { changePassword } from '@mason/contract/auth'
import { createProject } from '@mason/contract/project'
import { confirmTotp, enrollTotp } from '@mason/contract/second-factor'
import { inviteUser, updateUser } from '@mason/contract/user'
import { createWebhook, deleteWebhook, replayWebhook, rotateWebhook, updateWebhook } from '@mason/contract/webhook'
import { makeApk } from '../../server/test/apk/make.ts'
import { password } from '../../server/test/users.ts'
import { bulkForms } from './bulk-forms.ts'
import { fleetForms } from './fleet-forms.ts'
import { choose, type FormCase, nothing, press, type } from './form-case.ts'
import { simForms } from './sim-forms.ts'

/** Every form that somebody who is signed in can fill in. */
export const formCases: readonly FormCase[] = [
  ...fleetForms,
  ...bulkForms,
  ...simForms,
  {
    source: 'keys/new-key-dialog.tsx',
    about: 'a new key',
    at: () => '/keys',
    open: press('New key'),
    fill: async (form) => {
      await type('Name', 'Report')(form)
      await form.getByRole('checkbox', { name: 'fleet:read' }).check()
    },
    submit: 'Create key',
    route: createApiKey,
  },
  {
    source: 'keys/keys-page.tsx',
    about: 'deleting a key',
    at: () => '/keys',
    open: press(/^Delete the key/),
    fill: nothing,
    submit: 'Delete key',
    route: deleteApiKey,
  },
  {
    source: 'webhooks/webhook-dialog.tsx',
    about: 'a new webhook',
    at: () => '/webhooks',
    open: press('New webhook'),
    fill: async (form, page) => {
      await form.getByRole('combobox', { name: 'Events' }).fill('device.moved')
      await page.getByRole('option', { name: 'device.moved' }).click()
      await type('URL', 'https://hooks.invalid/new')(form)
    },
    submit: 'Create webhook',
    route: createWebhook,
  },
  {
    source: 'webhooks/webhook-dialog.tsx',
    about: 'a webhook',
    isSameForm: true,
    at: ({ webhook }) => `/webhooks/${webhook}`,
    open: choose('More actions', 'Edit'),
    fill: type('Purpose', 'Night watch'),
    submit: 'Save',
    route: updateWebhook,
  },
  {
    source: 'webhooks/replay-dialog.tsx',
    about: 'a replay',
    at: ({ webhook }) => `/webhooks/${webhook}`,
    open: press('Replay'),
    fill: (form) => form.getByLabel(/^All/).check(),
    submit: 'Replay',
    route: replayWebhook,
  },
  {
    source: 'webhooks/webhook-actions.tsx',
    about: 'a new secret of a webhook',
    at: ({ webhook }) => `/webhooks/${webhook}`,
    open: choose('More actions', 'New secret'),
    fill: nothing,
    submit: 'Create secret',
    route: rotateWebhook,
  },
  {
    source: 'webhooks/webhook-actions.tsx',
    about: 'deleting a webhook',
    at: ({ webhook }) => `/webhooks/${webhook}`,
    open: choose('More actions', 'Delete'),
    fill: nothing,
    submit: 'Delete webhook',
    route: deleteWebhook,
  },
  {
    source: 'alerts/rule-dialog.tsx',
    about: 'a new alert rule',
    at: () => '/alerts/rules',
    open: press('New rule'),
    fill: async (form) => {
      await type('Name', 'Tills are offline')(form)
      await type('Filter', 'group==lobby')(form)
    },
    submit: 'Create rule',
    route: createAlertRule,
  },
  {
    source: 'alerts/rule-dialog.tsx',
    about: 'an alert rule',
    isSameForm: true,
    at: () => '/alerts/rules',
    open: choose('More actions', 'Edit'),
    fill: type('Name', 'Night watch'),
    submit: 'Save',
    route: updateAlertRule,
  },
  {
    source: 'alerts/rule-row.tsx',
    about: 'deleting an alert rule',
    at: () => '/alerts/rules',
    open: choose('More actions', 'Delete'),
    fill: nothing,
    submit: 'Delete rule',
    route: deleteAlertRule,
  },
  {
    source: 'alerts/resolve-dialog.tsx',
    about: 'resolving an alert',
    at: () => '/alerts',
    open: press('Resolve'),
    fill: type('Note', 'The power was out.'),
    submit: 'Resolve',
    route: updateAlert,
  },
  {
    source: 'users/invite-dialog.tsx',
    about: 'an invitation',
    at: () => '/users',
    open: press('Invite'),
    fill: async (form) => {
      await type('E-mail', 'edsger@example.com')(form)
      await form.getByLabel('Custom').check()
    },
    submit: 'Invite',
    route: inviteUser,
  },
  {
    source: 'users/scopes-dialog.tsx',
    about: 'what a user may do',
    at: () => '/users',
    open: (page, { invited }) => choose(`Actions for ${invited}`, 'Name, scopes and groups')(page),
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
    source: 'session/totp-enrollment.tsx',
    about: 'a second factor',
    at: () => '/profile',
    fill: type('Your password', 'one that is long'),
    submit: 'Set up an authenticator app',
    route: enrollTotp,
  },
  {
    source: 'session/totp-enrollment.tsx',
    about: 'the first code of a second factor',
    at: () => '/profile',
    before: async (page) => {
      await page.getByLabel('Your password', { exact: true }).fill(password)
      await press('Set up an authenticator app')(page)
    },
    fill: type('Current code from the app', '123456'),
    submit: 'Confirm',
    route: confirmTotp,
  },
]

/** Forms that are seen by somebody else than the owner of a furnished account or only after another one, one that only filters, and those of X-Ray, which send nothing to the API. */
export const formsElsewhere = [
  'carriers/credentials-dialog.tsx',
  'xray/files-panel.tsx',
  'xray/xray-tab.tsx',
  'usage/marker-usage.tsx',
  'profile/second-factor-panel.tsx',
  'session/link-page.tsx',
  'session/second-step.tsx',
  'session/password-form.tsx',
]
