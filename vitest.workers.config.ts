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

/** They look into one process, stop it in the middle of its work, or move its clock. */
const within = [
  'src/outward/event/roll-events.test.ts',
  'src/software/deployment/portions.test.ts',
  'src/software/deployment/window.test.ts',
]

const merged = mergeConfig(common, defineConfig({ test: { env: { TEST_WORKERS: '2' }, maxWorkers: 1 } }))
merged.test.include = suites.map((suite) => `packages/server/${suite}`)
merged.test.exclude = within.map((suite) => `packages/server/${suite}`)

export default merged
