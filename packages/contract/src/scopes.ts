/** The scope tree of docs/contract.md §2: a parent includes all its children. */
const parents = {
  'account:owner': null,
  'fleet:admin': 'account:owner',
  'fleet:manager': 'fleet:admin',
  'fleet:deploy': 'fleet:manager',
  'fleet:move': 'fleet:manager',
  'fleet:read': 'fleet:manager',
  'fleet:locate': 'fleet:admin',
  'notify:all': 'fleet:admin',
  'notify:refresh': 'notify:all',
  'notify:check': 'notify:all',
  'notify:reboot': 'notify:all',
  'notify:shutdown': 'notify:all',
  'notify:wipe': 'notify:all',
  'notify:application': 'notify:all',
  'notify:refurbish': 'notify:all',
  'xray:admin': 'account:owner',
  'user:admin': 'account:owner',
  'user:read': 'user:admin',
  'registry:admin': 'account:owner',
  'registry:read': 'registry:admin',
  'connect:admin': 'account:owner',
  'connect:read': 'connect:admin',
  'key:admin': 'account:owner',
  'key:read': 'key:admin',
  'hook:admin': 'account:owner',
  'hook:read': 'hook:admin',
  'audit:read': 'account:owner',
} as const

/** A permission word of docs/contract.md §2. */
export type Scope = keyof typeof parents

/** Every scope, parents before their children. */
export const scopes = Object.keys(parents) as [Scope, ...Scope[]]

/** Scopes of docs/contract.md §2 that no route needs yet: they are accepted but not offered. */
export const idleScopes: readonly Scope[] = []

/**
 * The scope that directly includes this one, or null for `account:owner`.
 *
 * Source: docs/contract.md §2.
 */
export function parentOf(scope: Scope): Scope | null {
  return parents[scope]
}

/**
 * Reads a scope word without regard to letter case.
 *
 * @returns the scope; undefined for an unknown word. Source: docs/contract.md §2.
 */
export function parseScope(word: string): Scope | undefined {
  const lower = word.toLowerCase()
  return Object.hasOwn(parents, lower) ? (lower as Scope) : undefined
}

/**
 * Whether holding `held` grants `needed`, directly or through a parent.
 *
 * Source: docs/contract.md §2.
 */
export function grants(held: Iterable<Scope>, needed: Scope): boolean {
  const owned = new Set(held)
  for (let scope: Scope | null = needed; scope !== null; scope = parents[scope]) if (owned.has(scope)) return true
  return false
}

/**
 * Every scope that the held scopes grant, including themselves.
 *
 * Source: docs/contract.md §2.
 */
export function expand(held: Iterable<Scope>): Set<Scope> {
  const owned = [...held]
  return new Set(scopes.filter((scope) => grants(owned, scope)))
}
