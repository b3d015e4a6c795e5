import { Resolver } from 'node:dns/promises'

/** The system's own look-up: files and local names, too. It holds one of the four threads that files and keys need as well. */
type SystemLookup = (name: string, options: { all: true }) => Promise<{ address: string }[]>

const resolver = new Resolver({ timeout: 3_000, tries: 2 })

/**
 * Asks the name servers without a thread, and the system for what they do not know, one name at a time. So names whose servers
 * do not answer hold nobody up.
 */
export function limitedLookup(lookup: SystemLookup): (name: string) => Promise<string[]> {
  let last: Promise<unknown> = Promise.resolve()
  return async (name) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)])
    const found = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    if (found.length > 0) return found
    for (const answer of answers)
      if (answer.status === 'rejected' && answer.reason.code === 'ETIMEOUT') throw answer.reason as Error
    const next = last.then(() => lookup(name, { all: true }))
    last = next.catch(() => {})
    return (await next).map(({ address }) => address)
  }
}
