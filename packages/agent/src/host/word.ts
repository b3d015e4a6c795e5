// Of every free word in the device model. Source: packages/contract/src/device.ts.
const longestWord = 200

/** Cuts a text to what the contract lets a word of the device model be, counted in code points as JSON Schema does. */
export const word = (text: string): string => [...text].slice(0, longestWord).join('')
