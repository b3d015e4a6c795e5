import { parseScope, type Scope } from '@mason/contract/scopes'
import { invalid } from '../core/errors.ts'

/** Reads the member `scopes` of a body. */
export function readScopes(words: string[]): Scope[] {
  const scopes = words.map((word, index) => {
    const scope = parseScope(word)
    if (!scope) throw invalid(`/scopes/${index}`, `is not a scope: ${JSON.stringify(word)}`)
    return scope
  })
  return [...new Set(scopes)]
}
