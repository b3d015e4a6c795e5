/** Arrays as PostgreSQL writes them: for columns of thousands, the driver's own way costs as much as their insertion. */

export const numberArray = (numbers: number[]): string => `{${numbers.join(',')}}`

export const textArray = (texts: string[]): string => `{${texts.map((text) => `"${escaped(text)}"`).join(',')}}`

const escaped = (text: string) => (/["\\]/.test(text) ? text.replace(/["\\]/g, '\\$&') : text)
