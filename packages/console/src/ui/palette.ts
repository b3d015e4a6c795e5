/** Colors of the page, as what is drawn needs them. */
export interface Palette {
  surface: string
  ink: string
  dim: string
  line: string
  accent: string
  petrol: string
  brick: string
  bad: string
}

/** The colors of the scheme that is shown. */
export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement)
  const of = (name: string) => style.getPropertyValue(name).trim()
  return {
    surface: of('--surface'),
    ink: of('--ink'),
    dim: of('--ink-dim'),
    line: of('--line'),
    accent: of('--accent'),
    petrol: of('--mantine-color-petrol-5'),
    brick: of('--brick'),
    bad: of('--bad'),
  }
}
