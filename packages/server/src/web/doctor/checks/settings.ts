import { settingWarnings } from '../../../core/start/warnings.ts'
import type { Check } from '../check.ts'

export const settings: Check = {
  name: 'settings',
  look: ({ config }) => ({ seen: 'they fit together', warnings: [...settingWarnings(config)] }),
}
