import { createRequire } from 'node:module'

type Module = typeof import('@lydell/node-pty')

/** A terminal is made of a native module, which the package of the agent has not: it is used where somebody has installed it. */
export const spawn: Module['spawn'] = (...args) => {
  let module: Module
  try {
    module = createRequire(import.meta.url)('@lydell/node-pty') as Module
  } catch (cause) {
    throw new Error('a terminal needs the package @lydell/node-pty: install it beside mason-agent', { cause })
  }
  return module.spawn(...args)
}
