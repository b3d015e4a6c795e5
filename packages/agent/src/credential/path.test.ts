import { expect, test } from 'vitest'
import { defaultCredentialPath } from './path.ts'

test.each([
  [{ isRoot: false, home: '/home/u' }, '/home/u/.local/state/mason-agent/credential.json'],
  [{ isRoot: true, home: '/root' }, '/var/lib/mason-agent/credential.json'],
  [{ isRoot: true, home: '/root', stateHome: '/state' }, '/state/mason-agent/credential.json'],
  [{ isRoot: false, home: '/home/u', stateHome: 'not/absolute' }, '/home/u/.local/state/mason-agent/credential.json'],
])('%j', (where, expected) => {
  expect(defaultCredentialPath(where)).toBe(expected)
})
