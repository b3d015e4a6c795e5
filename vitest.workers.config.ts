import { defineConfig, mergeConfig } from 'vitest/config'
import common from './vitest.config.ts'

/** What one process promises, asked of two that share the ports. */
const suites = [
  'src/access/rate-limit.test.ts',
  'src/connectivity/limit/*.test.ts',
  'src/connectivity/usage/*.test.ts',
  'src/fleet/notification/*.test.ts',
  'src/outward/event/*.test.ts',
  'src/software/deployment/*.test.ts',
]

const merged = mergeConfig(common, defineConfig({ test: { env: { TEST_WORKERS: '2' } } }))
merged.test.include = suites.map((suite) => `packages/server/${suite}`)

export default merged
