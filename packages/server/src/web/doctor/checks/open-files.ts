import { rolesOf } from '../../../config.ts'
import { connectionLimits, openFilesLimit } from '../../../core/connection/limits.ts'
import type { Check } from '../check.ts'

/** What systems allow that nobody has set up for many connections. */
const few = 4_096

/** How many connections the limit of open files leaves to a node. */
export const openFiles: Check = {
  name: 'open files',
  look: ({ config }) => {
    const descriptors = openFilesLimit()
    const { all } = connectionLimits({ descriptors, poolSize: config.DATABASE_POOL_SIZE, all: config.MAX_CONNECTIONS })
    const isTight = descriptors < few && rolesOf(config).includes('gateway')
    return {
      seen: `${descriptors}, for ${all} connections`,
      ...(isTight && {
        warnings: [
          `This process may have ${descriptors} files open, so a node holds ${all} connections; raise the limit (LimitNOFILE=262144 in the service unit, ulimit -n in a shell)`,
        ],
      }),
    }
  },
}
