import { createDeployment, updateDeployment } from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment } from '@mason/contract/enrollment'
import { createGroup, deleteGroup, updateGroup } from '@mason/contract/group'
import { cancelBatch, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { choose, type FormCase, nothing, press, type } from './form-case.ts'

/** The forms of the fleet. */
export const fleetForms: readonly FormCase[] = [
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
    open: press('Edit'),
    fill: type('Purpose', 'Screens'),
    submit: 'Save',
    route: updateGroup,
  },
  {
    source: 'groups/group-page.tsx',
    about: 'deleting a group',
    at: () => '/groups/spare',
    open: choose('More actions', 'Delete group'),
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
      await form.getByRole('combobox', { name: 'Group', exact: true }).click()
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
    submit: 'Send to 1 device',
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
    open: press('Cancel remaining'),
    fill: nothing,
    submit: 'Cancel remaining',
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
    open: choose('More actions', 'Move to group'),
    fill: async (form, page) => {
      await form.getByRole('combobox', { name: 'Move to group' }).click()
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
    source: 'enrollment/new-token-dialog.tsx',
    about: 'a new token',
    at: () => '/enrollment',
    open: press('New token'),
    fill: type('Note', 'Tills'),
    submit: 'Create token',
    route: createEnrollment,
  },
  {
    source: 'enrollment/enrollment-page.tsx',
    about: 'deleting a token',
    at: () => '/enrollment',
    open: press('Delete the token The front desk'),
    fill: nothing,
    submit: 'Delete token',
    route: deleteEnrollment,
  },
]
