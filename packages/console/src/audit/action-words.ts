/** `openXray` as “Open X-Ray”. */
export const inWords = (action: string): string =>
  action
    .replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
    .replace(/\bxray\b/, 'X-Ray')
    .replace(/^./, (letter) => letter.toUpperCase())

/** The action that somebody means by its words, or by its name. */
export function actionOf(written: string): string {
  const [first = '', ...rest] = written.trim().replace(/x-ray/i, 'xray').split(/\s+/)
  const capital = (word: string) => word.replace(/^./, (letter) => letter.toUpperCase())
  return first.replace(/^./, (letter) => letter.toLowerCase()) + rest.map(capital).join('')
}
