import { expect, test } from 'vitest'
import { mendLanguage } from './formats.ts'

test.each(['en-US@posix', 'C', '', 'de_DE', 'x', undefined])(
  '%j, which is no language tag, becomes English',
  (told) => {
    const browser = Object.create({ language: told }) as { language: string }
    mendLanguage(browser)
    expect(browser.language).toBe('en')
  },
)

test.each(['en-US', 'de', 'ar-EG', 'zh-Hant-TW'])('%s stays', (told) => {
  const browser = { language: told }
  mendLanguage(browser)
  expect(browser.language).toBe(told)
})
