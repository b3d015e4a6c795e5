/** The same text with another last character, whatever it was. */
export const withTypo = (text: string) => `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`
