import type { ErrorObject } from 'ajv'

/** A form that a value may have, as far as it is known by its members. */
interface Form {
  properties?: Readonly<Record<string, unknown>>
}

/**
 * Where a value may have one of several forms, the faults of those that were not meant say nothing: who sends a filter with a
 * misspelled member is not told that there are no devices. The form that was meant is the one that knows a member of the value.
 */
export const ofMeantForms = (errors: ErrorObject[]): ErrorObject[] =>
  errors.filter(({ keyword }) => keyword === 'anyOf').reduce(withMeantForm, errors)

function withMeantForm(errors: ErrorObject[], choice: ErrorObject): ErrorObject[] {
  const { data, schemaPath } = choice
  const forms = choice.schema as Form[]
  if (!isObject(data) || !forms.every(({ properties }) => properties)) return errors
  const meant = forms.flatMap(({ properties = {} }, index) =>
    Object.keys(data).some((name) => Object.hasOwn(properties, name)) ? [index] : [],
  )
  const [form] = meant.length === 1 ? meant : []
  const isOfOther = (error: ErrorObject) =>
    error.schemaPath.startsWith(`${schemaPath}/`) &&
    (form === undefined || !error.schemaPath.startsWith(`${schemaPath}/${form}/`))
  const names = forms.flatMap(({ properties = {} }) => Object.keys(properties))
  const asked = { ...choice, parentSchema: { fault: `must have exactly one of ${names.join(', ')}` } }
  const others = errors.filter((error) => error !== choice && !isOfOther(error))
  return form === undefined ? [...others, asked] : others
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
