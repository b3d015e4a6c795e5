import '@xterm/xterm/css/xterm.css'
import { type ITerminalOptions, Terminal } from '@xterm/xterm'

const scrollback = 5_000
const fontSize = 13
const fontFamily = () => getComputedStyle(document.documentElement).getPropertyValue('--mantine-font-family-monospace')

/** A terminal as all of the Controller look. */
export const newTerminal = (options: ITerminalOptions): Terminal =>
  new Terminal({
    ...{ scrollback, fontSize, fontFamily: fontFamily(), theme: { background: '#101418', foreground: '#e6e9ec' } },
    ...{ screenReaderMode: true, ...options },
  })

/** Draws a terminal in an element. */
export function show(terminal: Terminal, element: HTMLElement): void {
  withNonce(() => terminal.open(element))
  // The width of a letter was measured before the font was there.
  const measure = () => {
    terminal.options.fontFamily = `${fontFamily()}, monospace`
  }
  document.fonts.load(`${fontSize}px ${fontFamily()}`).then(measure, measure)
}

/** The page's policy takes style sheets with its nonce alone, and xterm makes some while it opens. */
function withNonce(work: () => void): void {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property=csp-nonce]')?.nonce ?? ''
  const create = document.createElement.bind(document)
  const createWithNonce = (...given: Parameters<typeof create>) => {
    const element = create(...given)
    if (element instanceof HTMLStyleElement) element.nonce = nonce
    return element
  }
  Object.assign(document, { createElement: createWithNonce })
  try {
    work()
  } finally {
    Reflect.deleteProperty(document, 'createElement')
  }
}
