import { type Document, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml'
import { inexact, isExact, pointerPart } from '../../../core/http/exact.ts'

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
  const [error] = document.errors
  if (error) throw error.code === 'MULTIPLE_DOCS' ? new Error('it holds several documents: send one') : error
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) throw new Error('it is empty')
  refuseInexact(document)
  return plain(unfolded(document))
}

function unfolded(document: Document): unknown {
  try {
    return document.toJS({ maxAliasCount: maxAliases })
  } catch (error) {
    throw error instanceof ReferenceError ? new Error('its aliases unfold to too much') : error
  }
}

/** Within limits: aliases make a tree of any size, and a ring. */
function plain(root: unknown): unknown {
  let nodes = 0
  const visit = (value: unknown, depth: number): unknown => {
    if (++nodes > maxNodes || depth > maxDepth) throw new Error('it is too large or nested too deeply')
    if (Array.isArray(value)) return value.map((item) => visit(item, depth + 1))
    if (isMapping(value))
      return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, visit(member, depth + 1)]))
    return plainScalar(value)
  }
  return visit(root, 0)
}

const isMapping = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

function plainScalar(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  throw new Error('it holds a value that is neither text nor a number, a list or a mapping')
}

/** @throws Error for a number that would become another one, such as an ICCID without quotes. */
function refuseInexact(document: Document): void {
  visit(document, {
    Scalar: (key, { value, source }, ancestors) => {
      if (key === 'key' || typeof value !== 'number' || isKept(value, source)) return
      throw new Error(`${pathOf([...ancestors], key)} ${inexact}`)
    },
  })
}

/** Whole numbers, also to other bases than ten: 0x1F, 017, 12:30. */
const wholeForm = /^[+-]?(0x[0-9a-f_]+|0b[01_]+|[0-9][0-9_:]*)$/i

const isKept = (value: number, source = '') =>
  (wholeForm.test(source) && Number.isSafeInteger(value)) || isExact(source.replaceAll('_', ''), value)

function pathOf(ancestors: unknown[], key: unknown): string {
  const parts: string[] = typeof key === 'number' ? [String(key)] : []
  for (let index = ancestors.length - 1; index > 0; index--) {
    const [node, parent] = [ancestors[index], ancestors[index - 1]]
    if (isPair(node) && isScalar(node.key)) parts.unshift(pointerPart(String(node.key.value)))
    else if (isSeq(parent)) parts.unshift(String(parent.items.indexOf(node)))
  }
  return `/${parts.join('/')}`
}
