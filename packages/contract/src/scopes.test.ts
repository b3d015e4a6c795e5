import { expect, test } from 'vitest'
import { routes } from './routes.ts'
import { expand, grants, idleScopes, type Scope, scopes } from './scopes.ts'

test('idle scopes are exactly those without which, or with a child of which, no route opens', () => {
  const opens = routes.flatMap(({ config }) => [config.scope].flat() as string[])
  const isUsed = (scope: Scope) => scopes.some((one) => opens.includes(one) && grants([scope], one))
  expect([...idleScopes].sort()).toEqual(scopes.filter((scope) => !isUsed(scope)).sort())
  for (const scope of idleScopes) for (const child of expand([scope])) expect(idleScopes).toContain(child)
})
