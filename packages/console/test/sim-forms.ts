import { importSims, putMarker, registerSim, updateSim } from '@mason/contract/sim'
import { changeSubscription } from '@mason/contract/subscription'
import { choose, type FormCase, press, type } from './form-case.ts'

/** The forms of SIMs and of the plan. */
export const simForms: readonly FormCase[] = [
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
    source: 'sims/import-sims-dialog.tsx',
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
    source: 'plan/subscription-form.tsx',
    about: 'the plan',
    at: () => '/plan',
    fill: (form) => form.getByLabel('Pool of a fixed size').check(),
    submit: 'Save',
    route: changeSubscription,
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
