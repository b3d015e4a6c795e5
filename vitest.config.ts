import { configDefaults, defineConfig } from 'vitest/config'
import { long } from './vitest.long.ts'

// Tests, their threads and the programs that they start compile each module once in all.
process.env.NODE_COMPILE_CACHE ??= new URL('node_modules/.cache/node-compile', import.meta.url).pathname

export default defineConfig({
  test: {
    include: ['packages/*/{src,test}/**/*.test.ts'],
    exclude: [...configDefaults.exclude, ...long],
    globalSetup: ['packages/agent/test/global.ts', 'packages/console/test/global.ts', 'packages/server/test/global.ts'],
    // One process for many files: starting one each costs several times what the tests do.
    isolate: false,
    // Tests wait more than they compute: two processes keep two cores busy.
    maxWorkers: 2,
    // Hooks of the agent are lines of the shell: its usual programs are found, even where PATH is of Node alone.
    env: { PATH: `${process.env.PATH}:/usr/bin:/bin` },
    // A machine that stalls may fail a test once; the report names it. Twice is a fault.
    retry: process.env.CI ? 1 : 0,
    testTimeout: 90_000,
    // As patient as `eventually` is.
    expect: { poll: { timeout: 25_000, interval: 20 } },
    hookTimeout: 60_000,
  },
})
