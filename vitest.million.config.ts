import { defineConfig } from 'vitest/config'

/** `npm run test:million`: the laws of size, on a fleet of a million devices that is kept between runs. */
export default defineConfig({
  test: {
    include: ['packages/server/test/million/*.million.ts'],
    globalSetup: ['packages/server/test/million/global.ts'],
    // Each takes long: it is told when it has ended, not with the others of its file.
    reporters: ['verbose'],
    isolate: false,
    fileParallelism: false,
    retry: process.env.CI ? 1 : 0,
    testTimeout: 1_800_000,
    hookTimeout: 1_200_000,
  },
})
