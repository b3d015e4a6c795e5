import { defineConfig, mergeConfig } from 'vitest/config'
import common from './vitest.config.ts'
import { long } from './vitest.long.ts'

/** `npm run test:long`: what `npm test` leaves out, for it takes long. */
const merged = mergeConfig(common, defineConfig({}))
merged.test.include = long
merged.test.exclude = []

export default merged
