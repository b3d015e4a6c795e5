import { bulkDevices, bulkSims } from '@mason/contract/job'
import type { Page } from 'playwright-core'
import { choose, type FormCase, nothing, press, selectAll, type } from './form-case.ts'

const selectOne = (page: Page) =>
  page
    .getByRole('checkbox', { name: /^Select (?!all)/ })
    .first()
    .check()

type Open = NonNullable<FormCase['open']>

const inTurn =
  (...steps: Open[]): Open =>
  async (page, things) => {
    for (const step of steps) await step(page, things)
  }

/** The forms that change many devices or SIMs. */
export const bulkForms: readonly FormCase[] = [
  {
    source: 'devices/annotate-dialogs.tsx',
    about: 'labeling devices',
    at: () => '/devices',
    open: inTurn(selectOne, choose('Change', 'Labels')),
    fill: async (form) => {
      await type('Key', 'store')(form)
      await type('Value', '12')(form)
    },
    submit: 'Label 1 device',
    route: bulkDevices,
  },
  {
    source: 'devices/annotate-dialogs.tsx',
    about: 'the notes of devices',
    at: () => '/devices',
    open: inTurn(selectOne, choose('Change', 'Notes')),
    fill: type('Notes', 'The cable is loose.'),
    submit: 'Write on 1 device',
    route: bulkDevices,
  },
  {
    source: 'devices/move-dialog.tsx',
    about: 'moving devices',
    at: () => '/devices',
    open: inTurn(selectOne, press(/^Move$/)),
    fill: async (form, page) => {
      await form.getByRole('combobox', { name: 'Move to group' }).click()
      await page.getByRole('option', { name: /^spare/ }).click()
    },
    submit: 'Move 1 device',
    route: bulkDevices,
  },
  {
    source: 'sims/selection-bar.tsx',
    about: 'the state of SIMs',
    at: () => '/sims',
    open: inTurn(selectAll, choose(/^State$/, 'Suspend')),
    fill: nothing,
    submit: /^Suspend/,
    route: bulkSims,
  },
  {
    source: 'sims/selection-bar.tsx',
    about: 'the limit of SIMs',
    at: () => '/sims',
    open: inTurn(selectAll, press(/^Limit$/)),
    fill: type('Megabytes', '50'),
    submit: /^Limit/,
    route: bulkSims,
  },
  {
    source: 'sims/selection-bar.tsx',
    about: 'marking SIMs',
    at: () => '/sims',
    open: inTurn(selectAll, press(/^Markers$/)),
    fill: async (form) => {
      await type('Key', 'site')(form)
      await type('Value', 'pier-4')(form)
    },
    submit: /^Mark/,
    route: bulkSims,
  },
]
