import { oneNce } from './1nce.ts'
import { emnify } from './emnify.ts'
import type { Dialect } from './fake.ts'
import { soracom } from './soracom.ts'
import { telnyx } from './telnyx.ts'

/** Every carrier that is called over the network. */
export const dialects: readonly Dialect[] = [oneNce, telnyx, emnify, soracom]
