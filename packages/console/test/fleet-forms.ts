import { createCarrier, deleteCarrier } from '@mason/contract/carrier'
import { createDeployment, updateDeployment } from '@mason/contract/deployment'
import { deleteDevice, updateDevice } from '@mason/contract/device'
import { createEnrollment, deleteEnrollment } from '@mason/contract/enrollment'
import { createGroup, deleteGroup, updateGroup } from '@mason/contract/group'
import { cancelJob, importDevices } from '@mason/contract/job'
import { lookUpDevices } from '@mason/contract/lookup'
import { cancelBatch, notifyDevice, notifyDevices } from '@mason/contract/notification'
import { createSchedule, deleteSchedule, updateSchedule } from '@mason/contract/schedule'
import { createView, deleteView } from '@mason/contract/view'
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
    isSameForm: true,
    at: ({ group }) => `/groups/${group}`,
    open: press('Edit'),
    fill: type('Purpose', 'Screens'),
    submit: 'Save',
    route: updateGroup,
  },
  {
    source: 'groups/group-page.tsx',
    about: 'deleting a group',
    at: ({ spare }) => `/groups/${spare}`,
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
    source: 'deployments/cancel-roll-out.tsx',
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
    isSameForm: true,
    at: ({ group }) => `/groups/${group}`,
    open: choose('Command', 'Wipe'),
    fill: (form) => form.getByRole('textbox', { name: /^Type wipe/ }).fill('wipe'),
    submit: 'Wipe 1 device',
    route: notifyDevices,
  },
  {
    source: 'commands/cancel-batch.tsx',
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
    source: 'device/label-panel.tsx',
    about: 'labeling a device',
    at: ({ device }) => `/devices/${device}`,
    fill: async (form) => {
      await type('Key', 'store')(form)
      await type('Value', '12')(form)
    },
    submit: 'Set',
    route: updateDevice,
  },
  {
    source: 'device/notes-panel.tsx',
    about: 'the notes of a device',
    at: ({ device }) => `/devices/${device}`,
    open: press('Edit notes'),
    fill: type('Notes', 'The cable is loose.'),
    submit: 'Save',
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
    source: 'devices/paste-dialog.tsx',
    about: 'a list of devices',
    at: () => '/devices',
    open: press('Paste a list'),
    fill: (form) => form.getByRole('textbox').fill('SN-1\nlobby-1'),
    submit: 'Select',
    route: lookUpDevices,
  },
  {
    source: 'devices/import-devices-dialog.tsx',
    about: 'a file of devices',
    at: () => '/devices',
    open: press('Import'),
    fill: (form) =>
      form
        .locator('input[type=file]')
        .setInputFiles({ name: 'devices.csv', mimeType: 'text/csv', buffer: Buffer.from('serialnumber,name\nx,y') }),
    submit: 'Import',
    route: importDevices,
  },
  {
    source: 'views/save-view-dialog.tsx',
    about: 'saving a view',
    at: () => '/devices?family=D450',
    open: press('Save view'),
    fill: type('Name', 'Kiosks'),
    submit: 'Save',
    route: createView,
  },
  {
    source: 'views/delete-view-dialog.tsx',
    isInMenu: true,
    about: 'deleting a view',
    at: () => '/devices',
    open: press(/^Delete the view/),
    fill: nothing,
    submit: 'Delete view',
    route: deleteView,
  },
  {
    source: 'jobs/cancel-job.tsx',
    about: 'canceling a job',
    at: ({ job }) => `/jobs/${job}`,
    open: press('Cancel the rest'),
    fill: nothing,
    submit: 'Cancel the rest',
    route: cancelJob,
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
    source: 'device/device-actions.tsx',
    about: 'erasing a device',
    at: ({ device }) => `/devices/${device}`,
    open: choose('More actions', 'Erase all data'),
    fill: (form) => form.getByRole('textbox', { name: /^Type/ }).fill('lobby-1'),
    submit: 'Erase',
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
    open: press(/^Delete the token/),
    fill: nothing,
    submit: 'Delete token',
    route: deleteEnrollment,
  },
  {
    source: 'schedules/schedule-dialog.tsx',
    about: 'a new schedule',
    at: () => '/schedules',
    open: press('New schedule'),
    fill: async (form, page) => {
      await form.getByRole('combobox', { name: 'What' }).click()
      await page.getByRole('option', { name: 'Export of devices' }).click()
      await type('Name', 'Every night')(form)
    },
    submit: 'Create schedule',
    route: createSchedule,
  },
  {
    source: 'schedules/schedule-dialog.tsx',
    about: 'a schedule',
    isSameForm: true,
    at: ({ schedule }) => `/schedules/${schedule}`,
    open: choose('More actions', 'Edit'),
    fill: type('Name', 'Night watch'),
    submit: 'Save',
    route: updateSchedule,
  },
  {
    source: 'schedules/schedule-page.tsx',
    about: 'deleting a schedule',
    at: ({ schedule }) => `/schedules/${schedule}`,
    open: choose('More actions', 'Delete'),
    fill: nothing,
    submit: 'Delete schedule',
    route: deleteSchedule,
  },
  {
    source: 'carriers/new-carrier-dialog.tsx',
    about: 'a new carrier',
    at: () => '/carriers',
    open: press('Connect a carrier'),
    fill: async (form) => {
      for (const label of ['Name', 'User name', 'Password']) await type(label, 'europe')(form)
    },
    submit: 'Connect',
    route: createCarrier,
  },
  {
    source: 'carriers/carrier-actions.tsx',
    about: 'deleting a carrier',
    at: ({ carrier }) => `/carriers/${carrier}`,
    open: choose('More actions', 'Delete'),
    fill: nothing,
    submit: 'Delete carrier',
    route: deleteCarrier,
  },
]
