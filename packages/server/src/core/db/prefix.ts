/** A pattern of LIKE for texts that begin with this one. */
export const beginningWith = (text: string) => `${text.replace(/[\\%_]/g, '\\$&')}%`
