/** The types of a webhook as SQL compares them: whole types, and starts of types. */
export const patternsOf = (types: readonly string[]) => ({
  exact: types.filter((type) => !type.endsWith('*')),
  starts: types.filter((type) => type.endsWith('*')).map((type) => type.slice(0, -1)),
})
