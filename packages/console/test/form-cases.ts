import { createApiKey, deleteApiKey } from '@mason/contract/apikey'
import { createArtifact } from '@mason/contract/artifact'
import { changePassword } from '@mason/contract/auth'
import { createProject } from '@mason/contract/project'
import { enrollTotp } from '@mason/contract/second-factor'
import { importSims, putMarker, registerSim, updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import { inviteUser, updateUser } from '@mason/contract/user'
import { makeApk } from '../../server/test/apk/make.ts'
import { fleetForms } from './fleet-forms.ts'
import { choose, type FormCase, nothing, press, type } from './form-case.ts'

/** Every form that somebody who is signed in can fill in. */
export const formCases: readonly FormCase[] = [
  ...fleetForms,
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
      await form.getByLabel('Custom').check()
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
    submit: 'Set limit',
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
    open: choose('More actions', 'Deactivate permanently'),
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
    source: 'session/totp-enrollment.tsx',
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
