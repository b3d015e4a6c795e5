import type { Static } from 'typebox'
import * as T from 'typebox'
import { text } from './common.ts'

/** The most labels that a device has. */
export const maxLabels = 50

const keyForm = '1 to 63 lower-case letters, digits, dots, hyphens or underscores, and begin with a letter'
/** The form of a label's key. */
export const labelKeyForm = /^[a-z][a-z0-9._-]{0,62}$/

const value = text(200, { examples: ['12'] })
const examples = [{ store: '12' }]

/** The labels of a device: values by their keys. */
export const Labels = T.Record(T.String(), value, {
  title: 'Labels',
  description: `at most ${maxLabels}, values by their keys`,
  examples,
})
export type Labels = Static<typeof Labels>

/** Labels to set, and with `null` to remove; others stay as they are. Keys have {@link labelKeyForm}. */
export type LabelChanges = Record<string, string | null>
export const LabelChanges = T.Unsafe<LabelChanges>({
  type: 'object',
  title: 'LabelChanges',
  description: `labels to set, \`null\` to remove one; others stay as they are (scope fleet:manager). Keys have ${keyForm}; a device has at most ${maxLabels} labels.`,
  examples,
  propertyNames: { pattern: labelKeyForm.source, fault: `must have ${keyForm}` },
  additionalProperties: T.Union([value, T.Null()]),
})

/** A text that people note of a device, at most 2,000 characters. */
export const notesText = (description: string) =>
  T.String({ maxLength: 2_000, 'x-normalization': 'NFC', description, examples: ['The cable is loose.'] })
