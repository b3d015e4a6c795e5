import { createTheme, type MantineColorsTuple } from '@mantine/core'

const petrol: MantineColorsTuple = [
  '#e8f5f3',
  '#d0e9e6',
  '#a3d5cf',
  '#72bfb7',
  '#4caca3',
  '#329e94',
  '#1c8980',
  '#0f716a',
  '#0d5c58',
  '#08423f',
]

const stone: MantineColorsTuple = [
  '#faf9f7',
  '#f3f1ed',
  '#e8e5df',
  '#dad6ce',
  '#c3beb4',
  '#a29d92',
  '#79746a',
  '#56524a',
  '#3a3731',
  '#23211d',
]

/** Mantine's, with darker shades for what is written on or in red. */
const red: MantineColorsTuple = [
  '#fff5f5',
  '#ffe3e3',
  '#ffc9c9',
  '#ffa8a8',
  '#ff8787',
  '#ff6b6b',
  '#fa5252',
  '#c92a2a',
  '#b3261e',
  '#941d16',
]

const slate: MantineColorsTuple = [
  '#e9e7e2',
  '#cdc9c1',
  '#a8a399',
  '#7d786f',
  '#403d38',
  '#322f2b',
  '#262421',
  '#1c1b18',
  '#161513',
  '#100f0e',
]

/** The list of options scrolls by itself: a frame in it that scrolls cannot be reached by the keyboard. */
const scrolling = { options: { maxHeight: '16rem', overflowY: 'auto' } } as const

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: 7,
  autoContrast: true,
  luminanceThreshold: 0.35,
  colors: { petrol, red, gray: stone, dark: slate },
  white: '#ffffff',
  black: '#201e1a',
  fontFamily: "'Geist Variable', system-ui, sans-serif",
  fontFamilyMonospace: "'Geist Mono Variable', ui-monospace, monospace",
  headings: { fontFamily: "'Geist Variable', system-ui, sans-serif", fontWeight: '600' },
  defaultRadius: 'md',
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '18px' },
  fontSizes: { xs: '0.75rem', sm: '0.8125rem', md: '0.875rem', lg: '1rem', xl: '1.125rem' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // In the color of the alert a title is too pale on its ground.
    Alert: { styles: { title: { color: 'var(--ink)' } } },
    Tooltip: { defaultProps: { openDelay: 250, withinPortal: true } },
    Select: {
      defaultProps: { allowDeselect: false, checkIconPosition: 'right', withScrollArea: false },
      styles: scrolling,
    },
    MultiSelect: { defaultProps: { withScrollArea: false }, styles: scrolling },
    // What opens over a page is a part of it, and a menu holds items alone.
    Menu: {
      defaultProps: {
        shadow: 'md',
        position: 'bottom-end',
        withInitialFocusPlaceholder: false,
        portalProps: { target: '#over' },
      },
    },
  },
})
