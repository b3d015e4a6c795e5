import common from './vitest.config.ts'
import { long } from './vitest.long.ts'

/** `npm run test:long`: what `npm test` leaves out, for it takes long. */
export default { ...common, test: { ...common.test, include: long, exclude: [], testTimeout: 300_000 } }
