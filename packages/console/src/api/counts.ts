import { type Count, countDevices } from '@mason/contract/count'
import { countSims } from '@mason/contract/sim-count'
import type { Answer, Input } from '@mason/sdk/input'
import { queryOptions } from '@tanstack/react-query'
import { call, one } from './client.ts'

/** How many devices match. */
export const deviceCount = (filters: Input<typeof countDevices>) =>
  counted(countDevices.schema.operationId, filters, (signal) => call(countDevices, filters, { signal }))

/** How many SIMs match. */
export const simCount = (filters: Input<typeof countSims>) =>
  counted(countSims.schema.operationId, filters, (signal) => call(countSims, filters, { signal }))

/** To count a large fleet takes long; how long says how often that is done (renewal.ts). */
const counted = (name: string, filters: object, ask: (signal: AbortSignal) => Promise<Answer<typeof countDevices>>) =>
  queryOptions({
    queryKey: [name, filters],
    queryFn: async ({ signal }): Promise<Count & { readingMs: number }> => {
      const begun = performance.now()
      const count = one(await ask(signal))
      return { ...count, readingMs: performance.now() - begun }
    },
  })
