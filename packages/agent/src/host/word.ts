// The limit of every free word in the device model. Source: packages/contract/src/device.ts.
const longestWord = 200

/** Truncates a text to the contract's limit of a word, counted in code points as in JSON Schema. */
export const word = (text: string): string => [...text].slice(0, longestWord).join('')
