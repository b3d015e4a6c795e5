import { readFileSync } from 'node:fs'

/** How many connections a node holds at once. */
export interface Limits {
  /** In all: the descriptors of the process but for what PostgreSQL and files need. */
  all: number
  /** Not authenticated; bounded so that there is room for devices. */
  unauthenticated: number
  /** Not authenticated, from one address. */
  perAddress: number
}

interface Wanted {
  descriptors: number
  /** Connections to PostgreSQL. */
  poolSize: number
  all?: number | undefined
  perAddress?: number | undefined
}

/** For the own files, pipes and sockets; further ones are for up- and downloads. */
const ownDescriptors = 128
const maxTransferDescriptors = 512
/** An idle one costs some 10 KB. */
const maxUnauthenticated = 10_000

/** What the open files of the process allow; settings may ask for less, never for more. */
export function connectionLimits({ descriptors, poolSize, all, perAddress }: Wanted): Limits {
  const kept = ownDescriptors + poolSize + Math.min(maxTransferDescriptors, descriptors / 8)
  const possible = Math.floor(Math.max(descriptors - kept, descriptors / 2))
  const total = Math.min(all ?? possible, possible)
  const unauthenticated = Math.min(maxUnauthenticated, Math.ceil(total / 2))
  return {
    all: total,
    unauthenticated,
    perAddress: Math.min(perAddress ?? Math.ceil(unauthenticated / 2), unauthenticated),
  }
}

/** What systems without /proc allow as a rule. */
const usualDescriptors = 10_240

/** How many files and sockets this process may have open. */
export function openFilesLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? []
    return soft === 'unlimited' ? 2 ** 20 : Number(soft ?? usualDescriptors)
  } catch {
    return usualDescriptors
  }
}
