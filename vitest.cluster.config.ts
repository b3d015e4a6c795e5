import { defineConfig } from 'vitest/config'

/** `npm run test:cluster`: the cluster of deploy/cluster on this machine, whose parts are killed while it works. */
export default defineConfig({
  test: {
    include: ['packages/server/test/cluster/*.cluster.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 180_000,
  },
})
