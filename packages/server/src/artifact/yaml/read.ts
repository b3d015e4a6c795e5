import { parseDocument } from 'yaml'

const maxAliases = 100
const maxNodes = 100_000
const maxDepth = 50

/**
 * Reads YAML as JSON could say it. The rules of YAML 1.1 hold whatever the text says of itself: a file that the CLI has read
 * and written anew says the same as the file itself.
 *
 * @throws Error that says what is wrong.
 */
export function readYaml(text: string): unknown {
  const document = parseDocument(text, { version: '1.1', schema: 'yaml-1.1', stringKeys: true, logLevel: 'error' })
  if (document.errors[0]) throw document.errors[0]
  return plain(document.toJS({ maxAliasCount: maxAliases }))
}

/** Within limits: aliases make a tree of any size, and a ring. */
function plain(root: unknown): unknown {
  let nodes = 0
  const visit = (value: unknown, depth: number): unknown => {
    if (++nodes > maxNodes || depth > maxDepth) throw new Error('it is too large or nested too deeply')
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
    if (Array.isArray(value)) return value.map((item) => visit(item, depth + 1))
    if (typeof value === 'object' && Object.getPrototypeOf(value) === Object.prototype)
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visit(member, depth + 1)]))
    throw new Error('it holds a value that is neither text nor a number, a list or a mapping')
  }
  return visit(root, 0)
}
