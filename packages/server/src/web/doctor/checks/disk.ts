import { statfs } from 'node:fs/promises'
import { explainDataDir } from '../../../core/start/data-dir.ts'
import type { Check } from '../check.ts'

/** PostgreSQL stops at a full disk; an upload needs room before it is refused or kept. */
const least = { fault: 128 * 2 ** 20, warning: 2 ** 30 }

/** How full the disk of the data directory is. */
export const disk: Check = {
  name: 'disk',
  look: async ({ config: { DATA_DIR } }) => {
    try {
      const { bavail, bsize, ffree, files } = await statfs(DATA_DIR)
      const free = bavail * bsize
      const found = `DATA_DIR=${DATA_DIR} is on a disk with ${size(free)} free`
      const hasNoInodes = files > 0 && ffree < files / 100
      if (free < least.fault) return { faults: [`${found}; free some room, or move it to a larger disk`] }
      return {
        seen: `${size(free)} free`,
        warnings: [
          ...(free < least.warning ? [`${found}; free some room, or move it to a larger disk`] : []),
          ...(hasNoInodes ? [`DATA_DIR=${DATA_DIR} is on a disk that has room for few more files (df -i)`] : []),
        ],
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT')
        return { skipped: `DATA_DIR=${DATA_DIR} is not there yet` }
      throw explainDataDir(DATA_DIR, error)
    }
  },
}

const size = (bytes: number) =>
  bytes < 10 * 2 ** 30 ? `${Math.floor(bytes / 2 ** 20)} MiB` : `${Math.floor(bytes / 2 ** 30)} GiB`
